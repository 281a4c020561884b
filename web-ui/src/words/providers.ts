// Identity providers in words.
import type { Schemas } from '../api/client';
import type { Person } from '../api/queries';

type Kind = Schemas['IdentityProviderKind'];

export const KINDS: { [kind in Kind]: { name: string; register: string } } = {
  google: {
    name: 'Google',
    register:
      'In the Google Cloud console, under APIs & Services, Credentials, create an OAuth client ID of the type Web application.',
  },
  github: {
    name: 'GitHub',
    register: 'In the developer settings of your account or organisation, under OAuth Apps, register an application.',
  },
  oidc: {
    name: 'OpenID Connect',
    register:
      'At the provider, such as Keycloak, Entra ID or Okta, register a confidential web client with the code flow.',
  },
};

/** Where a provider sends people back to, by the address that this page was reached at. */
export const callbackAt = (origin: string) => `${origin}/api/v1/sign-in/callback`;

/** Scopes as they are typed: parted by spaces or commas. */
export const scopesIn = (text: string) => text.split(/[\s,]+/).filter(Boolean);

/** What becomes of those who sign in by a provider once it is gone. */
export function withoutProvider(people: Person[], provider: string): { locked: Person[]; others: Person[] } {
  const theirs = people.filter(
    ({ identity_providers, disabled }) => !disabled && identity_providers.includes(provider),
  );
  const hasAnother = ({ has_password, identity_providers }: Person) =>
    has_password || identity_providers.some((id) => id !== provider);
  return {
    locked: theirs.filter((person) => !hasAnother(person)),
    others: theirs.filter(hasAnother),
  };
}
