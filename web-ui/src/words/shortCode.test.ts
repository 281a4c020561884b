import { expect, test } from 'vitest';
import { shortCode } from './shortCode';

// The same as in src/cli/login.rs.
test('terminal and page make the same short code', async () => {
  expect(await shortCode('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')).toBe('1MMS-P7NN');
});
