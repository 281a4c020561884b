// One's own password, second factor, user tokens and logins.
import { Button, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, type Schemas } from '../api/client';
import { queries } from '../api/queries';
import { useSave } from '../api/save';
import { askAgain, signedOut, useAccount } from '../auth/login';
import { FormDialog } from '../ui/dialogs';
import { Ago, Answered, Copy, Empty, Facts, Page as Frame, Panel, Status, Trouble } from '../ui/parts';
import { RoleName } from '../ui/RoleName';
import { Secret } from '../ui/Secret';
import { Table } from '../ui/Table';
import { exact } from '../words/time';

export function Page() {
  const account = useAccount();
  const [open, setOpen] = useState<'password' | 'on' | 'off' | null>(null);
  const close = () => setOpen(null);
  if (!account) return null;
  if (account.kind === 'token') {
    return (
      <Frame title="Account">
        <Panel>
          <Empty title="An API token is not a person">Sign in as a person to have an account.</Empty>
        </Panel>
      </Frame>
    );
  }
  return (
    <Frame title="Account" about={account.email}>
      <Panel>
        <Facts
          facts={{
            Name: account.name,
            Role: account.role ? <RoleName role={account.role} /> : '–',
            Password: (
              <Button variant="default" size="compact-xs" onClick={() => setOpen('password')}>
                Change password
              </Button>
            ),
            'Second factor': (
              <Group gap={8}>
                <Status tone={account.totp ? 'good' : 'warn'}>{account.totp ? 'on' : 'none'}</Status>
                <Button variant="default" size="compact-xs" onClick={() => setOpen(account.totp ? 'off' : 'on')}>
                  {account.totp ? 'Put it away' : 'Set one up'}
                </Button>
              </Group>
            ),
          }}
        />
      </Panel>
      <UserTokens />
      <Logins />
      {open === 'password' && <ChangePassword onClose={close} />}
      {open === 'on' && <SetUpTotp onClose={close} />}
      {open === 'off' && <RemoveTotp onClose={close} />}
    </Frame>
  );
}

function ChangePassword({ onClose }: { onClose: () => void }) {
  const [old, setOld] = useState('');
  const [next, setNext] = useState('');
  const save = useSave<undefined, unknown>({
    send: () => api.PUT('/api/v1/me/password', { body: { old, new: next } }),
    said: () => 'Your password was changed. Every other login of yours has ended.',
    done: onClose,
  });
  return (
    <FormDialog
      title="Change your password"
      submit="Change password"
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
    >
      <PasswordInput
        label="The password as it is"
        autoComplete="current-password"
        data-autofocus
        value={old}
        onChange={(event) => setOld(event.currentTarget.value)}
      />
      <PasswordInput
        label="The new one"
        description="At least 12 characters; a sentence does well."
        autoComplete="new-password"
        value={next}
        onChange={(event) => setNext(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

function SetUpTotp({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [made, setMade] = useState<Schemas['TotpSetup'] | null>(null);
  const save = useSave({
    send: (_: undefined, header) =>
      api.POST('/api/v1/me/totp', {
        params: { header },
        body: made ? { password, secret: made.secret, code } : { password },
      }),
    said: (answer) => (answer.enabled ? 'From now on a code is asked for when you sign in.' : ''),
    done: (answer) => {
      if (!answer.enabled) return setMade(answer);
      void askAgain();
      onClose();
    },
  });
  return (
    <FormDialog
      title="Set up a second factor"
      submit={made ? 'Put it to use' : 'Go on'}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
    >
      {made ? (
        <>
          <Text size="sm">Put this secret into your authenticator, then type the code that it shows.</Text>
          <div className="secret">
            <span data-testid="totp-secret">{made.secret}</span>
            <Copy value={made.secret ?? ''} what="secret" />
          </div>
          <TextInput
            label="Code"
            inputMode="numeric"
            autoComplete="one-time-code"
            value={code}
            onChange={(event) => setCode(event.currentTarget.value.trim())}
          />
        </>
      ) : (
        <PasswordInput
          label="Your password"
          autoComplete="current-password"
          data-autofocus
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
      )}
    </FormDialog>
  );
}

function RemoveTotp({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState('');
  const save = useSave<undefined, unknown>({
    send: (_, header) => api.DELETE('/api/v1/me/totp', { params: { header }, body: { password } }),
    said: () => 'Your password alone lets you in now.',
    done: () => {
      void askAgain();
      onClose();
    },
  });
  return (
    <FormDialog
      title="Put your second factor away"
      submit="Put it away"
      danger
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
    >
      <PasswordInput
        label="Your password"
        autoComplete="current-password"
        data-autofocus
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

function UserTokens() {
  const [made, setMade] = useState<Schemas['MadeUserToken'] | null>(null);
  const make = useSave({
    send: (_: undefined, header) => api.POST('/api/v1/me/user-tokens', { params: { header }, body: {} }),
    done: setMade,
  });
  return (
    <Panel
      title="Seats in your name"
      actions={
        <Button variant="default" loading={make.isPending} onClick={() => make.mutate(undefined)}>
          Make a user token
        </Button>
      }
    >
      <Stack gap="sm">
        <Text size="sm">
          Where a license counts people, an application shows a token that says who you are. Many get one by themselves
          when you sign in there. For those that do not, make one here, or run <code>usher login</code>.
        </Text>
        {make.error && <Trouble error={make.error} />}
      </Stack>
      <Secret title="Your user token" secret={made?.token ?? null} what="token" onClose={() => setMade(null)}>
        This is the only time that it is shown. Give it to the application as <code>USHER_JWT_TOKEN</code>. It is good
        until {made && exact(made.expires_at)}, and for taking seats in your name and nothing else.
      </Secret>
    </Panel>
  );
}

/** A browser's own words about itself are long, and mostly about others. */
function browserOf(agent: string | null | undefined): string {
  if (!agent) return 'unknown';
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\/(\d+)/.exec(agent);
  const system = /(Windows|Mac OS X|Android|iPhone|Linux)/.exec(agent);
  const name = browser?.[1]?.replace('Edg', 'Edge').replace('OPR', 'Opera');
  return [name && `${name} ${browser?.[2]}`, system?.[1]].filter(Boolean).join(' on ') || agent.slice(0, 40);
}

function Logins() {
  const logins = useQuery(queries.logins);
  const end = useSave<string, unknown>({
    send: (id, header) => api.DELETE('/api/v1/logins/{id}', { params: { path: { id }, header } }),
    said: () => 'The login has ended.',
  });
  const all = useSave<undefined, unknown>({
    send: (_, header) => api.DELETE('/api/v1/logins', { params: { header } }),
    done: () => signedOut('You are signed out everywhere.'),
  });
  return (
    <Panel
      title="Where you are signed in"
      flush
      actions={
        <Button variant="default" loading={all.isPending} onClick={() => all.mutate(undefined)}>
          Sign out everywhere
        </Button>
      }
    >
      <Answered query={logins}>
        {({ items }) => (
          <Stack gap={0}>
            {(end.error ?? all.error) && <Trouble error={(end.error ?? all.error) as Error} />}
            <Table
              label="Logins"
              rows={items}
              id={({ id }) => id}
              columns={[
                {
                  label: 'Browser',
                  cell: ({ agent, current }) => (
                    <b title={agent ?? undefined}>
                      {browserOf(agent)}
                      {current && <span className="dim"> (this one)</span>}
                    </b>
                  ),
                },
                { label: 'Address', cell: ({ address }) => address ?? null },
                { label: 'Since', cell: ({ created_at }) => <Ago time={created_at} /> },
                { label: 'Last used', cell: ({ used_at }) => <Ago time={used_at} /> },
                { label: 'Ends', cell: ({ expires_at }) => <Ago time={expires_at} /> },
                {
                  label: '',
                  align: 'right',
                  cell: ({ id, current }) =>
                    current ? null : (
                      <Button
                        variant="default"
                        size="compact-xs"
                        aria-label="End this login"
                        onClick={() => end.mutate(id)}
                      >
                        End
                      </Button>
                    ),
                },
              ]}
            />
          </Stack>
        )}
      </Answered>
    </Panel>
  );
}
