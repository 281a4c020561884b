import { expect, test } from 'vitest';
import type { License, Plan } from '../api/queries';
import { concernedBy, ofLicense, ofTerms } from './plans';

const SEATS = { limit: 5, overage: 0, own: null, in_use: 0, sessions: 0, ghosts: 0, assigned: 0 };

const license = (
  seats: Partial<License['seats']>,
  more: { holder?: Plan['holder']; status?: License['status'] } = {},
) =>
  ({
    status: more.status ?? 'active',
    plan: { id: 'pln_team', holder: more.holder ?? 'user' },
    seats: { ...SEATS, ...seats },
  }) as License;

const plan = (more: Partial<Plan>) => ({ id: 'pln_team', seats: 5, overage_max: 0, holder: 'user', ...more }) as Plan;

test('a license that was ended for good is not concerned, and what is not counted is told', () => {
  const items = [license({ sessions: 2 }), license({ sessions: 1, assigned: 3 }), license({}, { status: 'revoked' })];
  const concerned = concernedBy({ items, complete: false });
  expect(concerned).toEqual({ licenses: 2, more: true, sessions: 3, unassigned: 1 });
  const said = ofTerms('user', 'named_user', concerned).join(' ');
  expect(said).toMatch(/^2 licenses or more with 3 live sessions or more\. No live session ends by it/);
  expect(said).toMatch(/1 license or more of these have none assigned yet\.$/);
});

test('whoever holds a seat keeps it where names begin to count', () => {
  const concerned = { licenses: 1, more: false, sessions: 1, unassigned: 1 };
  const said = ofTerms('user', 'named_user', concerned).join(' ');
  expect(said).toContain('keeps it for as long as they beat, assigned or not');
  expect(said).toMatch(/1 license of these has none assigned yet\.$/);
  expect(ofTerms('user', 'user', concerned)).toHaveLength(2);
  expect(ofTerms('named_user', 'user', concerned).at(-1)).toBe('Assigned seats do not count.');
});

test('a license that goes over to a plan with names says who gets in', () => {
  const named = plan({ id: 'pln_named', holder: 'named_user' });
  expect(ofLicense(license({}), named, null).join(' ')).toMatch(/keeps it .* none is assigned yet\.$/);
  expect(ofLicense(license({ assigned: 3 }), named, null).at(-1)).toMatch(/3 of 5 are assigned\.$/);
  const back = ofLicense(license({ assigned: 1 }, { holder: 'named_user' }), plan({ id: 'pln_other' }), null);
  expect(back.at(-1)).toBe('The 1 assigned seat of the license will not count.');
});

test('fewer seats are compared with those held, overage and all, and with those assigned', () => {
  expect(ofLicense(license({ in_use: 5 }), plan({}), 4)[0]).toMatch(/^5 seats of at most 4 are held: no session ends/);
  expect(ofLicense(license({ in_use: 5 }), plan({ overage_max: 1 }), 4)).toEqual([]);
  // The plan's own number counts as well.
  expect(ofLicense(license({ in_use: 5 }), plan({ id: 'pln_small', seats: 2 }), null).at(-1)).toContain('at most 2');
  const named = { holder: 'named_user' } as const;
  expect(ofLicense(license({ assigned: 5 }, named), plan({ ...named, overage_max: 1 }), 3)).toEqual([
    '5 seats of 3 are assigned: they stay assigned, at most 4 get in at once, and no more are assigned until enough were taken away.',
  ]);
  expect(ofLicense(license({ assigned: 5 }, named), plan(named), null)).toEqual([]);
});
