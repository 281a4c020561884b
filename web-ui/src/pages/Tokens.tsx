import { Button, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../api/client';
import { queries, type Token } from '../api/queries';
import { useSave } from '../api/save';
import { useMay } from '../auth/login';
import { TokenForm } from '../forms/TokenForm';
import { CustomerName } from '../ui/CustomerName';
import { FormDialog } from '../ui/dialogs';
import { Ago, Empty, Ends, Page as Frame, Id, Panel, Status } from '../ui/parts';
import { Secret } from '../ui/Secret';
import { PagedTable } from '../ui/Table';

export function Page() {
  const [creating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const query = useInfiniteQuery(queries.tokens);
  const mayChange = useMay().administer;
  return (
    <Frame
      title="API tokens"
      about="For programs that talk to the API, and for people who sign in with one"
      actions={mayChange && <Button onClick={() => setCreating(true)}>New token</Button>}
    >
      <Panel flush>
        <PagedTable
          label="API tokens"
          query={query}
          id={({ id }) => id}
          columns={[
            { label: 'Name', cell: ({ name }) => <b>{name}</b> },
            {
              label: 'Scope',
              cell: ({ scope, customer }) => (
                <>
                  {scope}
                  {customer && (
                    <>
                      {' '}
                      of <CustomerName id={customer} />
                    </>
                  )}
                </>
              ),
            },
            { label: 'Status', cell: stateOf },
            { label: 'Made', cell: ({ created_at }) => <Ago time={created_at} /> },
            {
              label: 'Ends',
              cell: ({ expires_at }) => <Ends time={expires_at} />,
            },
            { label: 'Id', cell: ({ id }) => <Id value={id} /> },
            {
              label: '',
              align: 'right',
              cell: (token) =>
                mayChange && !token.revoked_at ? (
                  <Button
                    variant="default"
                    size="compact-xs"
                    aria-label={`Revoke ${token.name}`}
                    onClick={() => setRevoking(token)}
                  >
                    Revoke
                  </Button>
                ) : null,
            },
          ]}
          empty={<Empty title="No tokens yet">A program shows one with each call to the API.</Empty>}
        />
      </Panel>
      {creating && <TokenForm onClose={() => setCreating(false)} onDone={({ token }) => setSecret(token)} />}
      {revoking && <Revoke token={revoking} onClose={() => setRevoking(null)} />}
      <Secret title="The API token" secret={secret} what="token" onClose={() => setSecret(null)}>
        This is the only time that it is shown. Whoever has it can do what its scope covers, so keep it as you keep a
        password.
      </Secret>
    </Frame>
  );
}

function stateOf({ revoked_at, expires_at }: Token) {
  if (revoked_at) return <Status tone="bad">revoked</Status>;
  if (expires_at && Date.parse(expires_at) < Date.now()) return <Status tone="bad">ended</Status>;
  return <Status tone="good">valid</Status>;
}

function Revoke({ token, onClose }: { token: Token; onClose: () => void }) {
  const save = useSave({
    send: (_: undefined, header) =>
      api.POST('/api/v1/tokens/{id}/revoke', { params: { path: { id: token.id }, header } }),
    said: ({ name }) => `${name} was revoked.`,
    done: onClose,
  });
  return (
    <FormDialog
      title={`Revoke ${token.name}`}
      submit="Revoke"
      danger
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
    >
      <Text size="sm">Whatever uses it is refused from now on. This cannot be undone.</Text>
    </FormDialog>
  );
}
