import { expect, test } from 'vitest';
import { roundUp } from './PeakChart';

test('an axis ends at a round number that nothing exceeds', () => {
  for (const value of [0, 1, 3, 7, 10.5, 11, 26.25, 99, 105, 1050, 262_500]) {
    expect(roundUp(value)).toBeGreaterThanOrEqual(value);
    expect(Number.isInteger(roundUp(value))).toBe(true);
  }
  expect(roundUp(10.5)).toBe(12);
  expect(roundUp(105)).toBe(120);
});
