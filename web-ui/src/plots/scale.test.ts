import { expect, test } from 'vitest';
import { midnights, room, steps, ticks, topOf } from './scale';

test('an axis has a few whole numbers, the last of them at the top', () => {
  for (const most of [0, 1, 3, 7, 12, 26, 99, 105, 1050, 262_500, 9_000_000]) {
    const top = topOf([most]);
    const marks = ticks(top);
    expect(top).toBeGreaterThanOrEqual(most);
    expect(marks[0]).toBe(0);
    expect(marks.at(-1)).toBe(top);
    expect(marks.length).toBeLessThanOrEqual(7);
    expect(marks.every(Number.isInteger)).toBe(true);
  }
});

test('days are marked where they begin, and not too many of them', () => {
  const from = new Date(2026, 9, 20, 13).getTime();
  const to = new Date(2026, 10, 20, 13).getTime();
  const marks = midnights(from, to, 8);
  expect(marks.length).toBeLessThanOrEqual(8);
  expect(marks.every((mark) => new Date(mark).getHours() === 0)).toBe(true);
  expect(marks[0]).toBe(new Date(2026, 9, 21).getTime());
});

test('a narrow axis has fewer labels', () => {
  expect([room(1000, 70, 9), room(284, 70, 9), room(100, 70, 9)]).toEqual([9, 4, 2]);
});

test('a step holds until the next', () => {
  const points = [
    { x: 0, y: 5 },
    { x: 10, y: 2 },
  ];
  expect(steps(points, 30)).toBe('M0.0 5.0H10.0L10.0 2.0H30.0');
});
