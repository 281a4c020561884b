import { expect, test } from 'vitest';
import type { Cluster } from '../api/queries';
import { health, ledUntilNow } from './cluster';

const cluster = (facts: Partial<Cluster>) => facts as Cluster;

test('health is one sentence', () => {
  expect(health(cluster({ node: 1, leader: 1, voters: 3, tolerance: 1 })).sentence).toBe('Can lose one node');
  expect(health(cluster({ node: 1, leader: 1, voters: 3, tolerance: 0 })).tone).toBe('warn');
  expect(health(cluster({ node: 1, leader: 1, voters: 1, tolerance: 0 })).more).toContain('one node');
  expect(health(cluster({ node: 2, leader: 1, voters: 3, tolerance: 1 })).sentence).toBe('Can lose one node');
  expect(health(cluster({ node: 2, leader: 1, voters: 3, tolerance: null })).sentence).toBe('Node 1 does not answer');
  expect(health(cluster({ node: 1, leader: null, voters: 3, tolerance: null })).tone).toBe('bad');
});

test('a leader of nobody leads no more', () => {
  const alone = cluster({ node: 1, leader: 1, voters: 3, tolerance: null });
  expect([ledUntilNow(alone), health(alone).sentence]).toEqual([true, 'No leader']);
  expect(ledUntilNow(cluster({ node: 1, leader: 1, voters: 3, tolerance: 0 }))).toBe(false);
  expect(ledUntilNow(cluster({ node: 2, leader: 1, voters: 3, tolerance: null }))).toBe(false);
});
