// Times as people say them.

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];
const past = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'narrow' });
const future = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'long' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });
const utcDay = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });

/** Such as "3m ago" or "in 2 days"; within a few seconds it is "now". What is to come is rounded, what has been is not. */
export function ago(time: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000;
  if (Math.abs(seconds) < 3) return 'now';
  const [unit, length] = UNITS.find(([, length]) => Math.abs(seconds) >= length * 0.999) ?? ['second', 1];
  const count = seconds / length;
  return count > 0 ? future.format(Math.round(count), unit) : past.format(Math.trunc(count), unit);
}

export const exact = (time: string) => full.format(new Date(time));
export const onDay = (time: string) => day.format(new Date(time));
/** The day of a midnight in UTC, wherever its reader is. */
export const onUtcDay = (time: string) => utcDay.format(new Date(time));

/** A number of seconds such as "6 min" or "1 day 2 h". */
export function span(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), seconds >= 172_800 ? ' days' : ' day'],
    [Math.floor((seconds % 86_400) / 3600), ' h'],
    [Math.floor((seconds % 3600) / 60), ' min'],
    [Math.floor(seconds % 60), ' s'],
  ];
  const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`);
  return said.slice(0, 2).join(' ') || '0 s';
}

/** The end of a day that an input of type date gave, in the reader's time zone. */
export function endOfDay(date: string): string {
  const [year = 0, month = 1, dayOfMonth = 1] = date.split('-').map(Number);
  return new Date(year, month - 1, dayOfMonth, 23, 59, 59).toISOString();
}

/** Its beginning. */
export function startOfDay(date: string): string {
  const [year = 0, month = 1, dayOfMonth = 1] = date.split('-').map(Number);
  return new Date(year, month - 1, dayOfMonth).toISOString();
}

/** What an input of type date shows for a time. */
export function dateInput(time: string | null | undefined): string {
  if (!time) return '';
  const date = new Date(time);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
