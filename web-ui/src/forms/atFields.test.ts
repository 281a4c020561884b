import { expect, test } from 'vitest';
import { atFields } from './atFields';

const problem = (fields: { field: string; problem: string }[]) => ({ fields });

test('a problem is shown at the field that it is of', () => {
  const said = problem([{ field: 'issuer', problem: 'missing' }]);
  expect(atFields(said, ['name', 'issuer'])).toEqual({ at: { issuer: 'missing' }, all: true });
});

test('a problem within a field is shown at the field, with where it is', () => {
  const said = problem([{ field: 'keys.keys[0].kty', problem: 'not known' }]);
  expect(atFields(said, ['keys'])).toEqual({ at: { keys: 'keys.keys[0].kty: not known' }, all: true });
});

test('what is wrong elsewhere is left to be told', () => {
  const said = problem([
    { field: 'name', problem: 'too long' },
    { field: 'body', problem: 'not valid JSON' },
  ]);
  expect(atFields(said, ['name'])).toEqual({ at: { name: 'too long' }, all: false });
  expect(atFields(problem([]), ['name'])).toEqual({ at: {}, all: false });
  expect(atFields(null, ['name'])).toEqual({ at: {}, all: false });
});
