import { expect, test } from 'vitest';
import { readEntitlements, written } from './entitlements';

test('what is written is read as the same', () => {
  const entitlements = { gpu: true as const, projects: 20, edition: 'pro plus', build: '7' };
  expect(readEntitlements(written(entitlements))).toEqual(entitlements);
});

test('a value may be a switch, a number or a text', () => {
  expect(readEntitlements('gpu\n\n projects=20 \nedition = enterprise')).toEqual({
    gpu: true,
    projects: 20,
    edition: 'enterprise',
  });
});

test('a line that is neither is told', () => {
  expect(() => readEntitlements('two words')).toThrow('two words');
});
