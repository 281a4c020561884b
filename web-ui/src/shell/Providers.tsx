// The ways in by other servers: a button for each identity provider, and what it said if it let nobody in.
import { Button, Divider, Stack } from '@mantine/core';
import { IconBrandGithub, IconBrandGoogle, IconLogin2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, body, type Schemas } from '../api/client';
import { Note } from '../ui/parts';
import { signInError } from '../words/signIn';

const ICONS: { [Kind in Schemas['IdentityProviderKind']]: typeof IconLogin2 } = {
  google: IconBrandGoogle,
  github: IconBrandGithub,
  oidc: IconLogin2,
};

export function Providers() {
  const { data } = useQuery({
    queryKey: ['sign-in-providers'],
    queryFn: () => body(api.GET('/api/v1/sign-in/providers')),
  });
  if (!data?.items.length) return null;
  return (
    <>
      <Divider label="or" my="md" />
      <Stack gap="xs">
        {data.items.map(({ id, name, kind }) => {
          const Icon = ICONS[kind];
          return (
            <Button
              key={id}
              component="a"
              href={`/api/v1/sign-in/start?${new URLSearchParams({ provider: id, return_to: here() })}`}
              variant="default"
              size="sm"
              fullWidth
              leftSection={<Icon size={16} aria-hidden />}
            >
              Continue with {name}
            </Button>
          );
        })}
      </Stack>
    </>
  );
}

/** The page to come back to. */
function here(): string {
  const { pathname, search } = withoutError();
  return pathname + search;
}

function withoutError(): URL {
  const url = new URL(location.href);
  url.searchParams.delete('sign_in_error');
  return url;
}

/** What a provider said on the way back, told once. */
export function ProviderTrouble() {
  const [said] = useState(() => signInError(new URLSearchParams(location.search).get('sign_in_error')));
  useEffect(() => {
    const url = withoutError();
    if (url.href !== location.href) history.replaceState(history.state, '', url);
  }, []);
  if (!said) return null;
  return (
    <div className="door-note">
      <Note tone="bad" title="You are not signed in" alert>
        {said}
      </Note>
    </div>
  );
}
