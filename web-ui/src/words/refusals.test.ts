import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { codeWords } from './audit';
import { counted, folded, isReason, met, reasonWords, times, why } from './refusals';

const OPENAPI = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8'));

test('every reason and every code by which an acquire is refused has words', () => {
  const reasons: string[] = OPENAPI.components.schemas.RefusalReason.enum;
  expect(reasons.filter((reason) => !isReason(reason))).toEqual([]);
  const responses: { [status: string]: { $ref?: string } } = OPENAPI.paths['/api/v1/licenses/acquire'].post.responses;
  const codes = Object.entries(responses)
    .filter(([status]) => ['401', '403', '404', '409', '410'].includes(status))
    .flatMap(([, { $ref = '' }]) => $ref.split('/').at(-1)?.split('-') ?? []);
  expect(codes).toContain('USER_REQUIRED');
  expect(codes.filter((code) => reasonWords(code) === codeWords(code))).toEqual([]);
});

test('a reason that is none of its own is told by its code', () => {
  expect(why({ reason: 'other', code: 'USER_REQUIRED' })).toBe('Nobody was signed in');
  expect(why({ reason: 'seat_limit_reached', code: 'SEAT_LIMIT_REACHED' })).toBe('Every seat was in use');
});

test('refusals are told with their tries where these are more', () => {
  expect([folded(1, 1), folded(12, 31), folded(2, 1200)]).toEqual([
    '1 refusal',
    '12 refusals (31 tries)',
    '2 refusals (1,200 tries)',
  ]);
});

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

test('a limit of sessions is told of a user as of a device, since the plan may count either', () => {
  const said = met({ reason: 'holder_limit_reached', limit: 16, in_use: 16 });
  expect(said).toBe('You, or this device, already had 16 sessions, of at most 16.');
  // The limit may have been lowered meanwhile.
  expect(met({ reason: 'holder_limit_reached', limit: 1, in_use: 3 })).toContain('3 sessions, of at most 1.');
});

test('whose seat was not found is not told that there is none of theirs', () => {
  const said = (limit: number, in_use: number) => met({ reason: 'seat_not_assigned', limit, in_use });
  expect(said(1, 1)).toMatch(/none was found in yours: 1 of 1 seat was assigned\.$/);
  expect(said(3, 0)).toMatch(/0 of 3 seats were assigned\.$/);
});

test('seats that were in use are told as one, several or none', () => {
  const said = (limit: number) => met({ reason: 'seat_limit_reached', limit, in_use: limit });
  expect([said(0), said(1), said(1200)]).toEqual([
    'The license has no seats.',
    'The one seat was in use.',
    'All 1,200 seats were in use.',
  ]);
  expect(met({ reason: 'ghost_limit_reached', limit: 12, in_use: 12 })).toMatch(/came to 12, of at most 12\.$/);
});
