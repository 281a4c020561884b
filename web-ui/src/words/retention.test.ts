import { expect, test } from 'vitest';
import { consequence } from './retention';

const at = '2026-11-27T12:00:00Z';
const seen = { at, oldest: '2026-08-19T09:30:00Z', keptFrom: null };

test('a change says what it will drop', () => {
  const { drops, words } = consequence(90, seen);
  expect(drops).toBe(true);
  expect(words).toBe('Everything from before 30 Aug 2026 is dropped, from tomorrow on: 11 days of history.');
});

test('where nothing is old enough it says when the first will be', () => {
  const { drops, words } = consequence(365, seen);
  expect(drops).toBe(false);
  expect(words).toBe('Nothing is that old yet: the first is dropped around 20 Aug 2027.');
});

test('for ever drops nothing, and what is gone does not come back', () => {
  expect(consequence(null, seen)).toEqual({ drops: false, words: 'Nothing is dropped from now on.' });
  const { words } = consequence(null, { ...seen, keptFrom: '2026-10-28T00:00:00Z' });
  expect(words).toBe('Nothing is dropped from now on. What was before 28 Oct 2026 is gone already.');
});

test('a node that does not know how old it all is says what goes, and not how much', () => {
  const { drops, words } = consequence(365, { ...seen, oldest: null });
  expect(drops).toBe(true);
  expect(words).toBe('Everything from before 28 Nov 2025 is dropped, from tomorrow on.');
});

test('what was dropped is not counted again', () => {
  const { drops, words } = consequence(20, { ...seen, keptFrom: '2026-11-06T00:00:00Z' });
  expect(drops).toBe(true);
  expect(words).toContain('before 8 Nov 2026 is dropped, from tomorrow on: 2 days of history.');
});
