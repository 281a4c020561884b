import { expect, test } from 'vitest';
import { ago, dateInput, endOfDay, span } from './time';

test('a time is told by its largest unit', () => {
  const now = Date.parse('2026-11-26T12:00:00Z');
  expect(ago('2026-11-26T11:59:58Z', now)).toBe('now');
  expect(ago('2026-11-26T11:59:30Z', now)).toBe('30s ago');
  expect(ago('2026-11-26T10:00:00Z', now)).toBe('2h ago');
  expect(ago('2026-11-25T12:00:00Z', now)).toBe('yesterday');
  expect(ago('2026-12-08T12:00:00Z', now)).toBe('in 12 days');
  expect(ago('2027-11-26T12:00:00Z', now)).toBe('next year');
});

test('a span has at most two units', () => {
  expect(span(0)).toBe('0 s');
  expect(span(360)).toBe('6 min');
  expect(span(86_400)).toBe('1 day');
  expect(span(93_784)).toBe('1 day 2 h');
  expect(span(7_776_000)).toBe('90 days');
});

test('a day that was picked is the day that is shown', () => {
  expect(dateInput(endOfDay('2027-02-28'))).toBe('2027-02-28');
  expect(dateInput(null)).toBe('');
});
