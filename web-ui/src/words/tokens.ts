// What an API token may do, and until when, in words.
import type { Schemas } from '../api/client';
import { isOfTeam, ROLES } from './people';
import { dateInput, endOfDay } from './time';

export type Scope = Schemas['Scope'];

/** Each scope by the name that the API and the command line have for it: the vendor's, then those of a customer's team. */
export const SCOPES: { [scope in Scope]: string } = {
  heartbeats: 'Sends batches of heartbeats and nothing else',
  auditor: ROLES.auditor.may,
  support: ROLES.support.may,
  operator: ROLES.operator.may,
  admin: 'Everything that an owner may',
  member: `Of one customer: ${lower(ROLES.member.may)}`,
  'member-admin': `Of one customer: ${lower(ROLES['member-admin'].may)}`,
};

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

export const isOfCustomer = (scope: Scope | null) =>
  scope !== null && scope !== 'admin' && scope !== 'heartbeats' && isOfTeam(scope);

export type Ends = '30' | '90' | '365' | 'day' | 'never';

export const ENDS: { value: Ends; label: string }[] = [
  { value: '30', label: 'in 30 days' },
  { value: '90', label: 'in 90 days' },
  { value: '365', label: 'in 365 days' },
  { value: 'day', label: 'on a day of your choice' },
  { value: 'never', label: 'never, until it is revoked' },
];

const DAY_MS = 86_400_000;

/**
 * Until when a token is good; `null` is without end, which is only what was asked for. It is the end of a day, so that a
 * request says the same when it is repeated.
 */
export function endOf(ends: Ends, day: string, now = Date.now()): string | null {
  if (ends === 'never') return null;
  return endOfDay(ends === 'day' ? day : dateInput(new Date(now + Number(ends) * DAY_MS).toISOString()));
}
