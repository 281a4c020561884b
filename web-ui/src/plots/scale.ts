// Where values lie on a plot.

/** Whole numbers for an axis from 0 to `top`: at most six, evenly apart. */
export function ticks(top: number): number[] {
  const step = [1, 2, 5, 10, 20, 25, 50].flatMap((step) => [step, step * 100, step * 10_000]).sort((a, b) => a - b);
  const wide = step.find((step) => top / step <= 5) ?? top;
  return Array.from({ length: Math.floor(top / wide) + 1 }, (_, place) => place * wide);
}

/** The least of the ticks' multiples that is at or above every value, and at least 1. */
export function topOf(values: number[]): number {
  const most = Math.max(1, ...values);
  const apart = ticks(most)[1] ?? 1;
  return Math.ceil(most / apart) * apart;
}

/** How many labels of a width have room beside one another without crowding: at least two, at most `most`. */
export const room = (width: number, label: number, most: number) =>
  Math.min(most, Math.max(2, Math.floor(width / label)));

/** The local midnights within a period, every so manieth of them so that at most `most` are left. */
export function midnights(from: number, to: number, most: number): number[] {
  const all: number[] = [];
  const day = new Date(from);
  day.setHours(24, 0, 0, 0);
  while (day.getTime() < to) {
    all.push(day.getTime());
    day.setDate(day.getDate() + 1);
  }
  const every = Math.max(1, Math.ceil(all.length / most));
  return all.filter((_, place) => place % every === 0);
}

/** A line of steps: each value holds from its place to the next. */
export function steps(points: { x: number; y: number }[], end: number): string {
  return points
    .map(({ x, y }, place) => {
      const next = points[place + 1]?.x ?? end;
      return `${place === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}H${next.toFixed(1)}`;
    })
    .join('');
}
