// Where a set-up or invitation link leads: choose a password. The secret is in the fragment, which no server sees.
import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { setUp } from '../auth/login';
import { Door, useDoor } from '../shell/Door';
import { Empty, Trouble } from '../ui/parts';

export function Page() {
  const [secret] = useState(() => location.hash.slice(1));
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const navigate = useNavigate();
  const differs = again !== '' && again !== password;
  const { busy, error, submit } = useDoor(async () => {
    const refused = await setUp(secret, email.trim(), name.trim(), password);
    if (!refused) await navigate({ to: '/', replace: true });
    return refused;
  });
  return (
    <Door title={(vendor) => `Welcome to ${vendor}`}>
      <div className="panel">
        {secret ? (
          <form onSubmit={submit} className="inside">
            <Stack gap="sm">
              <Text size="sm">
                Choose a password. The link that led you here is good once; from then on you sign in with your e-mail
                address and the password.
              </Text>
              <TextInput
                label="E-mail"
                description="If you were invited, the address that the invitation is for."
                type="email"
                autoComplete="username"
                required
                withAsterisk={false}
                autoFocus
                value={email}
                onChange={(event) => setEmail(event.currentTarget.value)}
              />
              <TextInput
                label="Your name"
                description="As others see it. If you were invited, leave it empty to keep the one that you were given."
                autoComplete="name"
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              <PasswordInput
                label="Password"
                description="At least 12 characters; a sentence does well."
                autoComplete="new-password"
                required
                withAsterisk={false}
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
              />
              <PasswordInput
                label="The password again"
                autoComplete="new-password"
                required
                withAsterisk={false}
                error={differs ? 'The two are different.' : null}
                value={again}
                onChange={(event) => setAgain(event.currentTarget.value)}
              />
              {error && <Trouble error={error} />}
              <Button type="submit" size="sm" fullWidth mt="xs" loading={busy} disabled={password !== again}>
                Set password and sign in
              </Button>
            </Stack>
          </form>
        ) : (
          <Empty title="This link is not complete">
            Open it again as it was sent to you, with all that comes after the #.
          </Empty>
        )}
      </div>
    </Door>
  );
}
