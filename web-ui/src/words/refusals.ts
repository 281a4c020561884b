// Refusals in words.
import type { Explanation, Reason } from '../api/analytics';
import { codeWords } from './audit';

export const REASONS: { [reason in Reason]: string } = {
  seat_limit_reached: 'Every seat was in use',
  ghost_limit_reached: 'Too many devices were offline',
  holder_limit_reached: 'Too many copies at once',
  license_expired: 'The license had ended',
  license_not_started: 'The license had not started',
  license_suspended: 'The license was on hold',
  license_revoked: 'The license was ended for good',
  seat_not_assigned: 'No seat was found in their name',
  other: 'Not signed in, or another reason',
};

/** Codes of what was refused that are no reason of their own. */
const OTHERS: { [code: string]: string } = {
  USER_REQUIRED: 'Nobody was signed in',
  TOKEN_INVALID: 'The sign-in was not accepted',
  LICENSE_NOT_FOUND: 'The key was not known',
  REQUEST_ID_REUSED: 'Another request had the same id',
  REQUEST_TOO_LATE: 'The request came too late',
  SESSION_EXPIRED: 'Asked again for a session that had expired',
  SESSION_REVOKED: 'Asked again for a session that was ended by hand',
  SESSION_RELEASED: 'Asked again for a seat that was given back',
  SEATS_ALL_ASSIGNED: 'Every seat was assigned',
};

/** What was refused by a code such as SEAT_LIMIT_REACHED; one that nobody gave words to is told by its name. */
export function reasonWords(code: string): string {
  const reason = code.toLowerCase();
  if (isReason(reason)) return REASONS[reason];
  return (Object.hasOwn(OTHERS, code) && OTHERS[code]) || codeWords(code);
}

/** Why somebody got no seat: where the reason is none of its own, the code tells it. */
export const why = ({ reason, code }: { reason: Reason; code: string }) =>
  reason === 'other' ? reasonWords(code) : REASONS[reason];

/** What somebody met who was refused, said to them. */
export function met({ reason, limit, in_use }: Pick<Explanation, 'reason' | 'limit' | 'in_use'>): string {
  switch (reason) {
    case 'ghost_limit_reached':
      return `The seats in use and those who had gone offline came to ${in_use}, of at most ${limit}.`;
    case 'holder_limit_reached':
      return `You, or this device, already had ${counted(in_use, 'session')}, of at most ${limit}.`;
    case 'seat_not_assigned':
      return `The seats of this license were assigned by name, and none was found in yours: ${in_use} of ${counted(limit, 'seat')} ${in_use === 1 ? 'was' : 'were'} assigned.`;
    default:
      if (limit === 0) return 'The license has no seats.';
      return limit === 1 ? 'The one seat was in use.' : `All ${limit.toLocaleString('en')} seats were in use.`;
  }
}

export const isReason = (text: unknown): text is Reason => typeof text === 'string' && Object.hasOwn(REASONS, text);

/** Such as "1 try" or "4 tries". */
export const triesOf = (count: number) => `${count.toLocaleString('en')} ${count === 1 ? 'try' : 'tries'}`;

/** How many refusals there are, and of how many tries where these are more. */
export const folded = (refusals: number, tries: number) =>
  tries > refusals ? `${counted(refusals, 'refusal')} (${triesOf(tries)})` : counted(refusals, 'refusal');

/** Such as "once" or "4 times". */
export const times = (count: number) => (count === 1 ? 'once' : `${count.toLocaleString('en')} times`);

/** Such as "1 seat" or "3 seats". */
export const counted = (count: number, noun: string) =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
