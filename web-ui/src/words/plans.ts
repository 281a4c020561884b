// What another plan, or other terms of one, mean for those who hold seats and those who were assigned one.
import type { License, Plan, Whole } from '../api/queries';
import { counted } from './refusals';

/** Those whom a plan's terms concern. */
export interface Concerned {
  licenses: number;
  /** Whether there are more than were counted. */
  more: boolean;
  sessions: number;
  /** Licenses of which no seat is assigned. */
  unassigned: number;
}

const GO_ON = 'No live session ends by it; they follow the new terms from their next heartbeat.';
const STAY =
  'Whoever holds a seat then keeps it for as long as they beat, assigned or not, and until then it is not there for those who were assigned one.';
const NEED = 'Whoever comes needs a seat that is assigned to them';

/** A license that was ended for good is not among them: nothing is had by it any more. */
export function concernedBy({ items, complete }: Whole<License>): Concerned {
  const standing = items.filter(({ status }) => status !== 'revoked');
  return {
    licenses: standing.length,
    more: !complete,
    sessions: standing.reduce((sum, { seats }) => sum + seats.sessions, 0),
    unassigned: standing.filter(({ seats }) => seats.assigned === 0).length,
  };
}

/** What other terms mean, sentence by sentence. */
export function ofTerms(before: Plan['holder'], after: Plan['holder'], concerned: Concerned): string[] {
  const { licenses, more, sessions, unassigned } = concerned;
  const orMore = more ? ' or more' : '';
  const said = [`${counted(licenses, 'license')}${orMore} with ${counted(sessions, 'live session')}${orMore}.`, GO_ON];
  if (after === before) return said;
  if (after === 'named_user') {
    const none = `${counted(unassigned, 'license')}${orMore} of these ${unassigned === 1 && !more ? 'has' : 'have'} none assigned yet.`;
    return [...said, STAY, `${NEED}; ${none}`];
  }
  return [
    ...said,
    'Each stays counted as it is.',
    ...(before === 'named_user' ? ['Assigned seats do not count.'] : []),
  ];
}

/** What a license's plan and seats mean once they are these, sentence by sentence; `seats` are its own, if it has any. */
export function ofLicense({ plan: before, seats: now }: License, plan: Plan, seats: number | null): string[] {
  const own = seats ?? plan.seats;
  const limit = own + plan.overage_max;
  const isNamed = plan.holder === 'named_user';
  const wasNamed = before.holder === 'named_user';
  const said: string[] = [];
  if (plan.id !== before.id) said.push(GO_ON);
  if (isNamed && !wasNamed) {
    said.push(
      STAY,
      `${NEED}: ${now.assigned === 0 ? 'none is assigned yet' : `${now.assigned} of ${own} are assigned`}.`,
    );
  }
  if (wasNamed && !isNamed && now.assigned > 0) {
    said.push(`The ${counted(now.assigned, 'assigned seat')} of the license will not count.`);
  }
  if (limit < now.in_use) {
    said.push(
      `${counted(now.in_use, 'seat')} of at most ${limit} are held: no session ends, and nobody else gets a seat until enough are given back.`,
    );
  }
  if (isNamed && own < now.assigned) {
    said.push(
      `${counted(now.assigned, 'seat')} of ${own} are assigned: they stay assigned, at most ${limit} get in at once, and no more are assigned until enough were taken away.`,
    );
  }
  return said;
}
