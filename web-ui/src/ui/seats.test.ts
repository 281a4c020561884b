import { beforeEach, expect, test, vi } from 'vitest';
import type { Session } from '../api/queries';
import { LiveRows } from './seats';

const session = (name: string, second: number) =>
  ({ session: name, granted_at: new Date(second * 1000).toISOString(), expires_in_seconds: second }) as Session;

let frames: (() => void)[] = [];
beforeEach(() => {
  frames = [];
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame));
});
const nextFrame = () => frames.shift()?.();

test('what is new comes to the top, what has ended goes, and no more is kept than is wanted', () => {
  const rows = new LiveRows(3);
  rows.replace([session('c', 3), session('b', 2), session('a', 1)]);
  rows.change({ live: [session('e', 5), session('d', 4)], ended: ['b'] });
  expect(rows.names()).toEqual(['e', 'd', 'c']);
  rows.change({ live: [session('old', 0)], ended: [] });
  expect(rows.names()).toEqual(['e', 'd', 'c']);
  rows.change({ live: [], ended: ['d', 'unknown'] });
  expect(rows.names()).toEqual(['e', 'c']);
});

test('beats are drawn some in each frame, and only the rows that beat are told', () => {
  const rows = new LiveRows(100);
  const names = Array.from({ length: 100 }, (_, place) => `s${place}`);
  rows.replace(names.map((name, place) => session(name, 100 - place)));
  let order = 0;
  let told = 0;
  rows.watchOrder(() => order++);
  for (const name of names) rows.watchRow(name, () => told++);
  rows.change({ live: names.map((name) => ({ ...session(name, 1), expires_in_seconds: 7 })), ended: [] });
  expect([order, told]).toEqual([0, 0]);
  nextFrame();
  expect(told).toBe(20);
  for (let frame = 2; frame <= 5; frame++) nextFrame();
  expect([order, told, frames.length]).toEqual([0, 100, 0]);
  expect(rows.row('s99')?.expires_in_seconds).toBe(7);
});
