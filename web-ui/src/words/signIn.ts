// Why nobody was signed in by an identity provider, and what to do.
const REASONS = new Map<string, string>(
  Object.entries({
    denied: 'The identity provider did not sign you in. Try again, or sign in with a password.',
    stale: 'This sign-in took too long, was finished already or began in another browser. Begin again.',
    provider:
      'The identity provider does not answer as it should. Try again in a while; if it stays, tell an owner of this server.',
    token: 'What the identity provider signed was not accepted. Try again; if it stays, tell an owner of this server.',
    email_not_verified: 'The identity provider has not verified your e-mail address. Verify it there, then try again.',
    account_unknown:
      'Nobody here has the e-mail address of that account. Ask an owner to add you, or take another account.',
    account_moved:
      'Your e-mail address belongs to somebody who signs in by another account of this provider. Take that one, or ask an owner to forget it.',
    refused: 'This account may not sign in. Ask an owner.',
    too_many: 'Too many sign-ins from here have failed. Try again in a minute.',
    try_again: 'The server could not sign you in at the moment. Try again.',
  }),
);

/** The sentence for a `sign_in_error`. One that is not known was made up by whoever made the link. */
export const signInError = (name: string | null): string | null => (name ? (REASONS.get(name) ?? null) : null);
