import { expect, test } from 'vitest';
import { csv } from './csv';

test('what separates is quoted, and what is nothing is empty', () => {
  const rows = [{ name: 'Difference, "Sons"', seats: 5, end: null }];
  const text = csv(rows, [
    ['Name', ({ name }) => name],
    ['Seats', ({ seats }) => seats],
    ['Ends', ({ end }) => end],
  ]);
  expect(text).toBe('Name,Seats,Ends\r\n"Difference, ""Sons""",5,\r\n');
});

test('a name that is a formula stays a name', () => {
  expect(csv(['=cmd()', '-5', 'a=b'], [['Name', (row) => row]])).toBe("Name\r\n'=cmd()\r\n'-5\r\na=b\r\n");
});
