import { expect, test } from 'vitest';
import { counted, isReason, times } from './refusals';

test('one is one and several are several', () => {
  expect([times(1), times(1200), counted(1, 'seat'), counted(0, 'seat')]).toEqual([
    'once',
    '1,200 times',
    '1 seat',
    '0 seats',
  ]);
});

test('what an address asks for is a reason that there is', () => {
  expect(isReason('seat_limit_reached')).toBe(true);
  expect(isReason('toString')).toBe(false);
  expect(isReason(undefined)).toBe(false);
});
