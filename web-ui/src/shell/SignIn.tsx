import { Anchor, Button, Checkbox, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { signInByPassword, signInByToken } from '../auth/login';
import { Note, Trouble } from '../ui/parts';
import { Door, useDoor } from './Door';
import { Providers, ProviderTrouble } from './Providers';

export function SignIn({ notice }: { notice?: string }) {
  const [byToken, setByToken] = useState(false);
  return (
    <Door title={(vendor) => `Sign in to ${vendor}`}>
      {notice && (
        <div className="door-note">
          <Note>{notice}</Note>
        </div>
      )}
      <ProviderTrouble />
      <div className="panel">
        <div className="inside">
          {byToken ? <ByToken /> : <ByPassword />}
          <Providers />
        </div>
      </div>
      <Text ta="center" size="sm" mt="md">
        <Anchor
          component="button"
          type="button"
          size="sm"
          c="dimmed"
          td="underline"
          onClick={() => setByToken(!byToken)}
        >
          {byToken ? 'Sign in with a password' : 'Sign in with an API token'}
        </Anchor>
      </Text>
    </Door>
  );
}

function ByToken() {
  const [text, setText] = useState('');
  const [keep, setKeep] = useState(false);
  const { busy, error, submit } = useDoor(() => signInByToken(text.trim(), keep));
  return (
    <form onSubmit={submit}>
      <Stack>
        <PasswordInput
          label="API token"
          description="As usher init or usher server --dev prints it."
          placeholder="usher_…"
          autoComplete="off"
          required
          withAsterisk={false}
          autoFocus
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Checkbox
          label="Keep me signed in in this tab"
          description="Otherwise a reload asks again."
          checked={keep}
          onChange={(event) => setKeep(event.currentTarget.checked)}
        />
        {error && <Trouble error={error} />}
        <Button type="submit" size="sm" fullWidth loading={busy}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}

function ByPassword() {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const { busy, error, submit } = useDoor(() => signInByPassword(email.trim(), password, code.trim() || undefined));
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="username"
          required
          withAsterisk={false}
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <TextInput
          label="One-time code"
          description="Only if you have set one up."
          autoComplete="one-time-code"
          inputMode="numeric"
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        {error && <Trouble error={error} />}
        <Button type="submit" size="sm" fullWidth mt="xs" loading={busy}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}
