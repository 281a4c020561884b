import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ENDS, endOf, isOfCustomer, SCOPES } from './tokens';

const OPENAPI = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8'));

test('every scope has words', () => {
  expect(Object.keys(SCOPES).sort()).toEqual([...OPENAPI.components.schemas.Scope.enum].sort());
});

test('a token ends unless somebody chose that it never does', () => {
  const now = Date.parse('2026-11-27T10:00:00Z');
  const at = (time: number) => {
    const day = new Date(time);
    return new Date(day.getFullYear(), day.getMonth(), day.getDate(), 23, 59, 59).toISOString();
  };
  expect(endOf('365', '', now)).toBe(at(now + 365 * 86_400_000));
  expect(endOf('30', '2026-12-24', now)).toBe(at(now + 30 * 86_400_000));
  // Sent again after a moment without an answer, it is the same request.
  expect(endOf('365', '', now + 1)).toBe(endOf('365', '', now));
  expect(endOf('day', '2026-12-24', now)).toBe(new Date(2026, 11, 24, 23, 59, 59).toISOString());
  expect(ENDS.filter(({ value }) => value !== 'day' && endOf(value, '', now) === null)).toEqual([
    { value: 'never', label: 'never, until it is revoked' },
  ]);
});

test('a scope of a team is of one customer', () => {
  expect([isOfCustomer('member'), isOfCustomer('member-admin'), isOfCustomer('admin'), isOfCustomer(null)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
