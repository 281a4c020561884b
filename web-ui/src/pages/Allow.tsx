// Where `usher login` sends its person: they see who it would be that takes seats, and allow it or do not.
import { Button, Group, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { api } from '../api/client';
import { useSave } from '../api/save';
import { useAccount } from '../auth/login';
import { Empty, Page as Frame, Note, Panel, Trouble } from '../ui/parts';
import { shortCode } from '../words/shortCode';

interface LoginRequest {
  port: number;
  state: string;
  challenge: string;
}

/** What the program asks, if it is one that `usher login` could have made. */
function loginRequest(): LoginRequest | null {
  const said = new URLSearchParams(location.search);
  const [port, state, challenge] = [Number(said.get('port')), said.get('state') ?? '', said.get('challenge') ?? ''];
  const listens = Number.isInteger(port) && port >= 1024 && port <= 65535;
  return listens && /^[0-9a-z]{32}$/.test(state) && /^[\w-]{43}$/.test(challenge) ? { port, state, challenge } : null;
}

export function Page() {
  const account = useAccount();
  const [request] = useState(loginRequest);
  if (!account) return null;
  return (
    <Frame title="Allow usher login" about={account.email}>
      <Panel>
        {!request ? (
          <Empty title="Nothing asks for anything here">
            This is not an address that <code>usher login</code> gives. Run the command again.
          </Empty>
        ) : account.kind === 'token' ? (
          <Empty title="An API token is not a person">Sign out, and sign in as the person who is to take seats.</Empty>
        ) : (
          <Question request={request} email={account.email ?? account.name} />
        )}
      </Panel>
    </Frame>
  );
}

function Question({ request: { port, state, challenge }, email }: { request: LoginRequest; email: string }) {
  const [short, setShort] = useState('');
  const [failed, setFailed] = useState<Error | null>(null);
  const [answered, setAnswered] = useState(false);
  useEffect(() => {
    shortCode(challenge).then(setShort, () =>
      setFailed(new Error('This browser shows no code here: open the console by https, or on this computer.')),
    );
  }, [challenge]);
  const answer = (said: { code: string } | { error: string }) => {
    setAnswered(true);
    // The program listens on this machine and nowhere else, under the port that it was given.
    location.assign(`http://127.0.0.1:${port}/?${new URLSearchParams({ ...said, state })}`);
  };
  const allow = useSave({
    send: (_: undefined, header) => api.POST('/api/v1/me/login-codes', { params: { header }, body: { challenge } }),
    done: ({ code }) => answer({ code }),
  });
  return (
    <Stack align="start" gap="md" maw={640}>
      <Text>
        A program on this computer asks for a token by which applications take seats in the name of{' '}
        <strong>{email}</strong>; the terminal says until when. Allow it only if you have run <code>usher login</code>{' '}
        just now, and the terminal shows this code:
      </Text>
      <Text ff="monospace" size="xl" fw={600} data-testid="short-code">
        {short}
      </Text>
      {failed && <Trouble error={failed} />}
      {allow.error && <Trouble error={allow.error} />}
      {answered && <Note>The answer is on its way to the program.</Note>}
      <Group>
        <Button loading={allow.isPending} disabled={answered || !short} onClick={() => allow.mutate(undefined)}>
          Allow
        </Button>
        <Button variant="default" disabled={answered} onClick={() => answer({ error: 'access_denied' })}>
          Do not allow
        </Button>
      </Group>
    </Stack>
  );
}
