// The identity providers by which people sign in and users take seats: all of them, added, changed and removed.
import { Button, Menu, Text } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import { type Person, type Provider, queries } from '../../api/queries';
import { useSave } from '../../api/save';
import { useMay } from '../../auth/login';
import { ProviderForm } from '../../forms/ProviderForm';
import { FormDialog } from '../../ui/dialogs';
import { Answered, Empty, Panel, Status } from '../../ui/parts';
import { type Column, Table } from '../../ui/Table';
import { KINDS, withoutProvider } from '../../words/providers';

type Asked = { ask: 'add' } | { ask: 'change' | 'remove'; provider: Provider };

const COLUMNS: Column<Provider>[] = [
  {
    label: 'Name',
    cell: ({ name, kind }) => (
      <span>
        <b>{name}</b> {KINDS[kind].name !== name && <span className="dim">{KINDS[kind].name}</span>}
      </span>
    ),
  },
  { label: 'Address', wrap: true, cell: ({ issuer }) => issuer },
  {
    label: 'People sign in',
    cell: ({ client_id }) => (client_id ? <Status tone="good">yes</Status> : <Status tone="quiet">no</Status>),
  },
  {
    label: 'Those not known',
    wide: true,
    cell: ({ self_registration }) => (self_registration ? 'become customers' : 'are refused'),
  },
  {
    label: 'Seats for users',
    cell: ({ accept_on_acquire, audience }) => (accept_on_acquire ? `tokens for ${audience}` : null),
  },
  { label: 'Keys', wide: true, cell: ({ keys, kind }) => (kind === 'github' ? null : keys ? 'pinned' : 'fetched') },
];

/** How many of those who are concerned are named. */
const NAMED = 8;

export function IdentityProviders() {
  const providers = useQuery(queries.providers);
  const [asked, setAsked] = useState<Asked | null>(null);
  const mayChange = useMay().administer;
  const close = () => setAsked(null);
  const add = mayChange && <Button onClick={() => setAsked({ ask: 'add' })}>Add a provider</Button>;
  const actions: Column<Provider> = {
    label: '',
    align: 'right',
    cell: (provider) => <Actions provider={provider} onAsk={(ask) => setAsked({ ask, provider })} />,
  };
  return (
    <Panel title="Identity providers" flush actions={providers.data?.items.length ? add : undefined}>
      <Answered query={providers}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="People sign in with a password" action={add}>
              Google, GitHub or your company's own provider can say who somebody is: they then sign in by it, and users
              take seats in their own name.
            </Empty>
          ) : (
            <Table
              label="Identity providers"
              rows={items}
              id={({ id }) => id}
              columns={mayChange ? [...COLUMNS, actions] : COLUMNS}
            />
          )
        }
      </Answered>
      {asked?.ask === 'add' && <ProviderForm onClose={close} />}
      {asked?.ask === 'change' && <ProviderForm provider={asked.provider} onClose={close} />}
      {asked?.ask === 'remove' && <Remove provider={asked.provider} onClose={close} />}
    </Panel>
  );
}

function Actions({ provider, onAsk }: { provider: Provider; onAsk: (ask: 'change' | 'remove') => void }) {
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" size="compact-xs" px={6} aria-label={`More about ${provider.name}`}>
          <IconDots size={14} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item data-autofocus onClick={() => onAsk('change')}>
          Change …
        </Menu.Item>
        <Menu.Item c="var(--usher-bad)" onClick={() => onAsk('remove')}>
          Remove …
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Remove({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const people = useQuery(queries.allPeople);
  const save = useSave({
    send: (_: undefined, header) =>
      api.DELETE('/api/v1/identity-providers/{id}', { params: { path: { id: provider.id }, header } }),
    said: () => `${provider.name} was removed.`,
    done: onClose,
  });
  return (
    <FormDialog
      title={`Remove ${provider.name}`}
      submit="Remove provider"
      danger
      busy={save.isPending}
      waits={people.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
    >
      <Answered query={people}>
        {({ items, complete }) => <Consequences provider={provider} people={items} complete={complete} />}
      </Answered>
      {provider.accept_on_acquire && (
        <Text size="sm">Its tokens get nobody a seat any more. Seats that are held go on.</Text>
      )}
    </FormDialog>
  );
}

function Consequences(props: { provider: Provider; people: Person[]; complete: boolean }) {
  const { locked, others } = withoutProvider(props.people, props.provider.id);
  return (
    <>
      {locked.length === 0 && others.length === 0 && (
        <Text size="sm">Nobody has signed in by it{props.complete ? '' : ', among those who were looked at'}.</Text>
      )}
      {locked.length > 0 && (
        <div>
          <Text size="sm">
            {props.complete ? '' : 'At least '}
            {locked.length === 1
              ? '1 person can no longer sign in, until they are given a link to choose a password:'
              : `${locked.length} people can no longer sign in, until they are given a link to choose a password:`}
          </Text>
          <ul className="named">
            {locked.slice(0, NAMED).map(({ id, name, email }) => (
              <li key={id}>
                {name} <span className="dim">{email}</span>
              </li>
            ))}
            {locked.length > NAMED && <li className="dim">and {locked.length - NAMED} more</li>}
          </ul>
        </div>
      )}
      {others.length > 0 && (
        <Text size="sm">
          {others.length === 1 ? '1 person is' : `${others.length} people are`} signed out, and can sign in another way.
        </Text>
      )}
    </>
  );
}
