import { expect, test } from 'vitest';
import { signInError } from './signIn';

test('every_reason_has_a_sentence_and_a_made_up_one_has_none', () => {
  expect(signInError('email_not_verified')).toContain('Verify it there');
  expect(signInError('call +1 555 to unlock your account')).toBe(null);
  expect(signInError('constructor')).toBe(null);
  expect(signInError(null)).toBe(null);
});
