// Records of the audit in sentences.
import type { Record } from '../api/queries';
import { onUtcDay } from './time';

const COMMANDS: { [name: string]: string } = {
  acquire: 'take a seat',
  heartbeat: 'keep a seat',
  release: 'give a seat back',
  revoke_session: 'end a session',
  create_product: 'create a product',
  update_product: 'change a product',
  create_plan: 'create a plan',
  update_plan: 'change a plan',
  create_customer: 'create a customer',
  update_customer: 'change a customer',
  create_license: 'create a license',
  update_license: 'change a license',
  suspend_license: 'suspend a license',
  reinstate_license: 'reinstate a license',
  revoke_license: 'revoke a license',
  extend_license: "move a license's end",
  found_cluster: 'found the cluster',
  create_join_token: 'make a join token',
  admit_node: 'admit a node',
  update_node: "change a node's address",
  remove_node: 'remove a node',
  create_api_token: 'make an API token',
  revoke_api_token: 'revoke an API token',
  step_clock: 'move the clock',
  raise_cluster_version: 'raise the cluster version',
  begin_epoch: 'begin after a recovery',
  create_person: 'add a person',
  update_person: 'change a person',
  remove_person: 'remove a person',
  create_invitation: 'make a link',
  accept_invitation: 'use a link',
  set_password: 'change a password',
  set_totp: 'change a second factor',
  sign_in: 'sign in',
  sign_out: 'sign out',
  sign_out_everywhere: 'end every login',
  issue_api_token: 'make an API token',
  set_branding: 'change the branding',
  acquire_by_user: 'take a seat',
  acquire_by_address: 'take a seat',
  assign_seat: 'assign a seat',
  unassign_seat: 'take an assigned seat away',
  create_identity_provider: 'add an identity provider',
  update_identity_provider: 'change an identity provider',
  remove_identity_provider: 'remove an identity provider',
  sign_in_by_provider: 'sign in by an identity provider',
  unlink_identities: "forget a person's accounts",
  set_retention: 'change how long history is kept',
  allow_user_token: 'get a user token',
};

const DONE: { [name: string]: string } = {
  create_product: 'Product created',
  update_product: 'Product changed',
  create_plan: 'Plan created',
  update_plan: 'Plan changed',
  create_customer: 'Customer created',
  update_customer: 'Customer changed',
  create_license: 'License created',
  update_license: 'License changed',
  suspend_license: 'License suspended',
  reinstate_license: 'License reinstated',
  revoke_license: 'License revoked',
  extend_license: "License's end moved",
  found_cluster: 'Cluster founded',
  create_join_token: 'Join token made',
  admit_node: 'Node admitted',
  update_node: "Node's address changed",
  remove_node: 'Node removed',
  create_api_token: 'API token made',
  revoke_api_token: 'API token revoked',
  step_clock: 'Clock moved',
  raise_cluster_version: 'Cluster version raised',
  begin_epoch: 'New epoch begun',
  create_person: 'Person added',
  update_person: 'Person changed',
  remove_person: 'Person removed',
  create_invitation: 'Link made',
  accept_invitation: 'Link used',
  set_password: 'Password changed',
  set_totp: 'Second factor changed',
  sign_in: 'Signed in',
  sign_out: 'Signed out',
  sign_out_everywhere: 'Every login ended',
  issue_api_token: 'API token made',
  set_branding: 'Branding changed',
  create_identity_provider: 'Identity provider added',
  update_identity_provider: 'Identity provider changed',
  remove_identity_provider: 'Identity provider removed',
  sign_in_by_provider: 'Signed in by an identity provider',
  unlink_identities: "A person's accounts forgotten",
  assign_seat: 'Seat assigned',
  unassign_seat: 'Assigned seat taken away',
  set_retention: 'How long history is kept changed',
  allow_user_token: 'User token allowed',
};

const ENDED: { [cause: string]: string } = {
  released: 'Seat given back',
  replaced: 'Seat taken over by a later session',
  expired: 'Seat lost for want of a heartbeat',
  revoked: 'Session ended by hand',
  license_ended: 'Session ended with its license',
};

const DROPPED: { [history: string]: string } = {
  sessions: 'Sessions that ended, refusals and sign-ins',
  usage: 'Hours of usage',
};

export const commandWords = (name: string) => COMMANDS[name] ?? name.replaceAll('_', ' ');

export function sentence(record: Record): string {
  const command = record.command ?? '';
  switch (record.event) {
    case 'granted':
      return 'Seat taken';
    case 'identified':
      return `Seat held for ${record.user?.email ?? record.user?.subject ?? 'a user'}`;
    case 'ended':
      return ENDED[record.cause ?? ''] ?? 'Session ended';
    case 'linked':
      return record.customer
        ? 'Person and customer made by a first sign-in'
        : "A provider's account linked to a person";
    case 'dropped':
      return `${DROPPED[record.history ?? ''] ?? 'History'} from before ${record.before ? onUtcDay(record.before) : ''} dropped`;
    case 'refused':
      return `Refused to ${commandWords(command)}`;
    default:
      return `${DONE[command] ?? commandWords(command)}${whose(record)}`;
  }
}

function whose({ command, email }: Record): string {
  if (!email) return '';
  return command === 'assign_seat' ? ` to ${email}` : ` from ${email}`;
}

export type Tone = 'good' | 'warn' | 'bad' | 'quiet';

export function tone(record: Record): Tone {
  if (record.event === 'refused') return 'bad';
  if (record.event === 'granted') return 'good';
  if (record.event === 'ended') return record.cause === 'released' ? 'quiet' : 'warn';
  return 'quiet';
}

/** A code such as SEAT_LIMIT_REACHED in lower case words. */
export const codeWords = (code: string) => code.toLowerCase().replaceAll('_', ' ');
