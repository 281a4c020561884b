// Roles, and what somebody's state is, in words.
import type { Person } from '../api/queries';
import type { Role } from '../auth/login';
import type { Tone } from './audit';

export const ROLES: { [role in Role]: { name: string; may: string } } = {
  owner: { name: 'Owner', may: 'Everything' },
  operator: { name: 'Operator', may: 'Everything but people, tokens, settings and the cluster' },
  support: { name: 'Support', may: 'Reads everything, ends sessions, makes new keys' },
  auditor: { name: 'Auditor', may: 'Reads everything and changes nothing' },
  'member-admin': { name: 'Team admin', may: 'Frees and assigns seats, makes new keys, manages the team' },
  member: { name: 'Member', may: 'Sees licenses, seats and the team' },
};

export const VENDOR_ROLES: Role[] = ['owner', 'operator', 'support', 'auditor'];
export const TEAM_ROLES: Role[] = ['member-admin', 'member'];

export const isOfTeam = (role: Role) => TEAM_ROLES.includes(role);

export function stateOf(person: Person): { tone: Tone; words: string } {
  if (person.disabled) return { tone: 'bad', words: 'disabled' };
  if (person.has_password || person.identity_providers.length > 0) return { tone: 'good', words: 'active' };
  if (person.invited_until) return { tone: 'warn', words: 'invited' };
  return { tone: 'warn', words: 'link has ended' };
}
