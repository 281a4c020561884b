import { expect, test } from 'vitest';
import type { Person } from '../api/queries';
import { callbackAt, scopesIn, withoutProvider } from './providers';

const person = (name: string, has_password: boolean, identity_providers: string[], disabled = false) =>
  ({ name, has_password, identity_providers, disabled }) as Person;

test('whoever has no other way in is locked out with a provider', () => {
  const people = [
    person('by it alone', false, ['idp_1']),
    person('by a password too', true, ['idp_1']),
    person('by another too', false, ['idp_1', 'idp_2']),
    person('never by it', false, ['idp_2']),
    person('not at all', false, ['idp_1'], true),
  ];
  const { locked, others } = withoutProvider(people, 'idp_1');
  expect(locked.map(({ name }) => name)).toEqual(['by it alone']);
  expect(others.map(({ name }) => name)).toEqual(['by a password too', 'by another too']);
});

test('scopes are parted by spaces or commas', () => {
  expect(scopesIn(' openid, email  groups ')).toEqual(['openid', 'email', 'groups']);
  expect(scopesIn('')).toEqual([]);
});

test('people come back to the address by which they came', () => {
  expect(callbackAt('https://license.example')).toBe('https://license.example/api/v1/sign-in/callback');
});
