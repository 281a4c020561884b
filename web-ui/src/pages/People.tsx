// Who may sign in, with which role: the vendor's own people, or a customer's team.
import { Button, Menu, Select, Text } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api, type Schemas } from '../api/client';
import { type Order, type Person, queries, type Sorted } from '../api/queries';
import { useSave } from '../api/save';
import { type Role, useAccount, useMay } from '../auth/login';
import { PersonForm } from '../forms/PersonForm';
import { FormDialog } from '../ui/dialogs';
import { Filter } from '../ui/Filter';
import { Ago, Empty, Page as Frame, Panel, Status } from '../ui/parts';
import { RoleName } from '../ui/RoleName';
import { Secret } from '../ui/Secret';
import { type Column, PagedTable, SortChoice } from '../ui/Table';
import { ROLES, stateOf } from '../words/people';
import { onDay } from '../words/time';

interface Invited {
  link: string;
  name: string;
  invited_until?: string | null;
}

type PersonSort = Schemas['PersonSort'];

type Ask = 'change' | 'link' | 'totp' | 'logins' | 'disable' | 'enable' | 'remove';

function customerOf({ customer, customer_name }: Person) {
  if (!customer) return null;
  return (
    <Link to="/customers/$id" params={{ id: customer }}>
      {customer_name}
    </Link>
  );
}

export function Page() {
  const account = useAccount();
  const isTeam = account?.customer !== undefined;
  const [search, setSearch] = useState('');
  const [role, setRole] = useState<Role | null>(null);
  const [inviting, setInviting] = useState(false);
  const [asked, setAsked] = useState<{ person: Person; ask: Ask } | null>(null);
  const [link, setLink] = useState<Invited | null>(null);
  const [{ sort, order }, setSorted] = useState<Sorted<PersonSort>>({ sort: 'name', order: 'asc' });
  const query = useInfiniteQuery(queries.people({ search, role: role ?? undefined }, { sort, order }));
  const sorting = { sort, order, onSort: (sort: PersonSort, order: Order) => setSorted({ sort, order }) };
  const mayInvite = useMay().invite;
  const columns: Column<Person, PersonSort>[] = [
    {
      label: 'Name',
      sort: 'name',
      cell: (person) => (
        <b>
          {person.name}
          {person.id === account?.id && <span className="dim"> (you)</span>}
        </b>
      ),
    },
    { label: 'E-mail', sort: 'email', cell: ({ email }) => email },
    { label: 'Role', cell: ({ role }) => <RoleName role={role} /> },
    ...(isTeam ? [] : [{ label: 'Customer', cell: customerOf }]),
    { label: 'State', cell: (person) => <State person={person} /> },
    {
      label: 'Second factor',
      cell: ({ totp }) => (totp ? <Status tone="good">on</Status> : <Status tone="quiet">none</Status>),
    },
    { label: 'Last seen', cell: ({ seen_at, signed_in_at }) => <Ago time={seen_at ?? signed_in_at} /> },
    ...(mayInvite
      ? [
          {
            label: '',
            align: 'right' as const,
            cell: (person: Person) => <Actions person={person} onAsk={(ask) => setAsked({ person, ask })} />,
          },
        ]
      : []),
  ];
  return (
    <Frame
      title={isTeam ? 'Team' : 'People'}
      about={isTeam ? 'Your colleagues who may sign in here' : 'Who may sign in, and what they may do'}
      actions={mayInvite && <Button onClick={() => setInviting(true)}>Invite somebody</Button>}
    >
      <Panel
        flush
        actions={
          <>
            <Filter label="Name or e-mail" onChange={setSearch} />
            <SortChoice columns={columns} sorting={sorting} />
            <Select
              size="xs"
              w={140}
              clearable
              placeholder="Any role"
              aria-label="Role"
              data={Object.entries(ROLES)
                .filter(([role]) => !isTeam || role.startsWith('member'))
                .map(([value, { name }]) => ({ value, label: name }))}
              value={role}
              onChange={(value) => setRole(value as Role | null)}
            />
          </>
        }
      >
        <PagedTable
          label={isTeam ? 'Team' : 'People'}
          query={query}
          sorting={sorting}
          id={({ id }) => id}
          columns={columns}
          empty={
            search || role ? (
              <Empty title="Nobody matches" />
            ) : (
              <Empty title="Nobody yet">Whoever is invited gets a link and chooses a password.</Empty>
            )
          }
        />
      </Panel>
      {inviting && <PersonForm onClose={() => setInviting(false)} onDone={setLink} />}
      {asked?.ask === 'change' && <PersonForm person={asked.person} onClose={() => setAsked(null)} />}
      {asked && asked.ask !== 'change' && (
        <Sure person={asked.person} ask={asked.ask} onClose={() => setAsked(null)} onLink={setLink} />
      )}
      <Secret
        title={link ? `The link for ${link.name}` : 'The link'}
        secret={link?.link ?? null}
        what="link"
        onClose={() => setLink(null)}
      >
        This is the only time that it is shown. Give it to {link?.name} alone: whoever opens it first chooses the
        password{link?.invited_until ? `, until ${onDay(link.invited_until)}` : ''}.
      </Secret>
    </Frame>
  );
}

function State({ person }: { person: Person }) {
  const { tone, words } = stateOf(person);
  return <Status tone={tone}>{words}</Status>;
}

function Actions({ person, onAsk }: { person: Person; onAsk: (ask: Ask) => void }) {
  const isSelf = useAccount()?.id === person.id;
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" size="compact-xs" px={6} aria-label={`More about ${person.name}`}>
          <IconDots size={14} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item data-autofocus onClick={() => onAsk('change')}>
          Change …
        </Menu.Item>
        <Menu.Item onClick={() => onAsk('link')}>
          {person.has_password ? 'New password by link …' : 'New invitation …'}
        </Menu.Item>
        {person.totp && !isSelf && <Menu.Item onClick={() => onAsk('totp')}>Reset second factor …</Menu.Item>}
        {person.logins > 0 && !isSelf && <Menu.Item onClick={() => onAsk('logins')}>End their logins …</Menu.Item>}
        {!isSelf && (
          <>
            <Menu.Item onClick={() => onAsk(person.disabled ? 'enable' : 'disable')}>
              {person.disabled ? 'Enable …' : 'Disable …'}
            </Menu.Item>
            <Menu.Item c="var(--usher-bad)" onClick={() => onAsk('remove')}>
              Remove …
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

const QUESTIONS: { [ask in Exclude<Ask, 'change'>]: { title: string; submit: string; said: string; text: string } } = {
  link: {
    title: 'A new link for',
    submit: 'Make a link',
    said: 'A link was made for',
    text: 'By it they choose a password. An older link ends; a password that they have stays until the new link is used.',
  },
  totp: {
    title: 'Reset the second factor of',
    submit: 'Reset',
    said: 'The second factor was reset of',
    text: 'For somebody who lost their authenticator. Until they set up another, their password alone lets them in.',
  },
  logins: {
    title: 'End the logins of',
    submit: 'End logins',
    said: 'Every login ended of',
    text: 'They are signed out everywhere, at once, and can sign in again.',
  },
  disable: {
    title: 'Disable',
    submit: 'Disable',
    said: 'Disabled:',
    text: 'They are signed out everywhere and cannot sign in until they are enabled again.',
  },
  enable: {
    title: 'Enable',
    submit: 'Enable',
    said: 'Enabled:',
    text: 'They can sign in again, in the ways that they had. A link that they had not used stays ended.',
  },
  remove: {
    title: 'Remove',
    submit: 'Remove',
    said: 'Removed:',
    text: 'They are signed out everywhere, and their account is gone. What they changed stays on record.',
  },
};

function Sure(props: {
  person: Person;
  ask: Exclude<Ask, 'change'>;
  onClose: () => void;
  onLink: (link: Invited) => void;
}) {
  const { person, ask } = props;
  const { title, submit, said, text } = QUESTIONS[ask];
  const save = useSave<undefined, unknown>({
    send: (_, header) => {
      const params = { path: { id: person.id }, header };
      const change = (body: { totp?: boolean; disabled?: boolean }) =>
        api.PATCH('/api/v1/people/{id}', { params, body: { ...body, if_version: person.version } });
      switch (ask) {
        case 'link':
          return api.POST('/api/v1/people/{id}/invitation', { params });
        case 'totp':
          return change({ totp: false });
        case 'logins':
          return api.DELETE('/api/v1/people/{id}/logins', { params });
        case 'remove':
          return api.DELETE('/api/v1/people/{id}', { params });
        default:
          return change({ disabled: ask === 'disable' });
      }
    },
    said: ask === 'link' ? undefined : () => `${said} ${person.name}.`,
    done: (output) => {
      props.onClose();
      if (ask === 'link') props.onLink(output as Invited);
    },
  });
  return (
    <FormDialog
      title={`${title} ${person.name}`}
      submit={submit}
      danger={['remove', 'disable', 'totp'].includes(ask)}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={props.onClose}
    >
      <Text size="sm">{text}</Text>
      {(ask === 'disable' || ask === 'remove') && <Stays person={person} />}
    </FormDialog>
  );
}

/** What goes on without them, and where it is ended. */
function Stays({ person: { email, customer } }: { person: Person }) {
  const isTeam = useAccount()?.customer !== undefined;
  return (
    <Text size="sm">
      What they left running goes on for as long as it beats, and a named seat stays assigned to {email}. End the
      sessions under {isTeam ? <Link to="/portal/seats">Seats now</Link> : <Link to="/seats">Live seats</Link>}; take
      the seat away on the page of its license, among {isTeam && <Link to="/portal">My licenses</Link>}
      {!isTeam && !customer && <Link to="/licenses">Licenses</Link>}
      {!isTeam && customer && (
        <Link to="/customers/$id" params={{ id: customer }}>
          their customer's
        </Link>
      )}
      . That ends what runs with it too.
    </Text>
  );
}
