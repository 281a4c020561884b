// Refusals in words.
import type { Reason } from '../api/analytics';
import { codeWords } from './audit';

export const REASONS: { [reason in Reason]: string } = {
  seat_limit_reached: 'Every seat was in use',
  ghost_limit_reached: 'Too many devices were offline',
  holder_limit_reached: 'Too many copies on one device',
  license_expired: 'The license had ended',
  license_not_started: 'The license had not started',
  license_suspended: 'The license was on hold',
  license_revoked: 'The license was ended for good',
  seat_not_assigned: 'No seat was assigned to them',
  other: 'Another reason',
};

/** What was refused by a code such as SEAT_LIMIT_REACHED; one that is no reason of its own is told by its name. */
export function reasonWords(code: string): string {
  const reason = code.toLowerCase();
  return isReason(reason) ? REASONS[reason] : codeWords(code);
}

export const isReason = (text: unknown): text is Reason => typeof text === 'string' && Object.hasOwn(REASONS, text);

/** Such as "once" or "4 times". */
export const times = (count: number) => (count === 1 ? 'once' : `${count.toLocaleString('en')} times`);

/** Such as "1 seat" or "3 seats". */
export const counted = (count: number, noun: string) =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
