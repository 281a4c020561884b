import { expect, test } from 'vitest';
import { bytes } from './size';

test('sizes are said in their own unit', () => {
  expect([0, 1023, 1024, 1536, 12 * 2 ** 20, 2.5 * 2 ** 30].map(bytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '12 MiB',
    '2.5 GiB',
  ]);
  expect(bytes(null)).toBeNull();
});
