// For how long history is kept, in words: above all what a change would drop, before it is saved.
import { onUtcDay } from './time';

const DAY_MS = 86_400_000;

/** The midnight, UTC, before which everything is older than so many days. */
const daysBefore = (at: number, days: number) => Math.floor((at - days * DAY_MS) / DAY_MS) * DAY_MS;

const counted = (days: number) => `${days.toLocaleString('en')} ${days === 1 ? 'day' : 'days'}`;

/**
 * What keeping something for so many days from now on comes to; `oldest` is from when the first of it can be, if that is
 * known.
 */
export function consequence(
  days: number | null,
  { at, oldest, keptFrom }: { at: string; oldest: string | null | undefined; keptFrom: string | null | undefined },
): { drops: boolean; words: string } {
  const known = [oldest, keptFrom].flatMap((time) => (time ? [Date.parse(time)] : []));
  const gone = keptFrom ? ` What was before ${onUtcDay(keptFrom)} is gone already.` : '';
  if (days === null) return { drops: false, words: `Nothing is dropped from now on.${gone}` };
  // The first midnight at which anything may go is a day after the change.
  const until = daysBefore(Date.parse(at) + DAY_MS, days);
  const before = `Everything from before ${onUtcDay(new Date(until).toISOString())} is dropped, from tomorrow on`;
  if (known.length === 0) return { drops: true, words: `${before}.` };
  const begin = Math.max(...known);
  if (until <= begin) {
    const first = onUtcDay(new Date(Math.ceil(begin / DAY_MS) * DAY_MS + days * DAY_MS).toISOString());
    return { drops: false, words: `Nothing is that old yet: the first is dropped around ${first}.${gone}` };
  }
  const lost = Math.ceil((until - begin) / DAY_MS);
  return {
    drops: true,
    words: `${before}: ${counted(lost)} of history.${gone}`,
  };
}
