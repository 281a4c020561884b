// Who did what, newest first.
import { Button, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { api, body } from '../api/client';
import { type AuditFilter, queries, type Record } from '../api/queries';
import { Export } from '../ui/Export';
import { Ago, Empty, Page as Frame, Id, Panel, Status } from '../ui/parts';
import { PagedTable } from '../ui/Table';
import { sentence, tone } from '../words/audit';
import { counted, reasonWords } from '../words/refusals';
import { dateInput, endOfDay, startOfDay } from '../words/time';

const KINDS = [
  { value: 'all', label: 'All' },
  { value: 'changed', label: 'Changes' },
  { value: 'refused', label: 'Refused' },
  { value: 'granted', label: 'Taken' },
  { value: 'ended', label: 'Ended' },
] as const;

export function Page() {
  const { event, ...search } = useSearch({ from: '/activity' });
  const navigate = useNavigate();
  const go = (change: AuditFilter) =>
    navigate({ to: '/activity', search: { event, ...search, ...change }, replace: true });
  const filter: AuditFilter = { event, ...search };
  const query = useInfiniteQuery({ ...queries.audit(filter), refetchInterval: 5000 });
  const cluster = useQuery(queries.cluster);
  const narrowed = Object.values(search).some(Boolean);
  return (
    <Frame
      title="Activity"
      about={
        cluster.data && (
          <span className="row">
            <span>
              Every change, grant, refusal and end: {counted(cluster.data.audit.size, 'record')} in a hash tree, whose
              root is
            </span>
            <Id value={cluster.data.audit.root} what="root of the hash tree" />
          </span>
        )
      }
      actions={
        <Export
          name="activity"
          read={async (cursor) => {
            const before = cursor === undefined ? undefined : Number(cursor);
            const params = { query: { ...filter, order: 'desc' as const, limit: 200, before } };
            const page = await body(api.GET('/api/v1/audit', { params }));
            return { items: page.items, next_cursor: page.next_before == null ? null : String(page.next_before) };
          }}
          columns={[
            ['Record', ({ index }) => index],
            ['When', ({ at }) => at],
            ['Who', ({ actor }) => actor],
            ['What', sentence],
            ['Code', ({ code }) => code],
            ['About', ({ subject }) => subject],
            ['License', ({ license }) => license],
            ['Reason', ({ reason }) => reason],
          ]}
        />
      }
    >
      <Panel
        flush
        title={
          <SegmentedControl
            size="xs"
            aria-label="Kind"
            data={[...KINDS]}
            value={event ?? 'all'}
            onChange={(value) => go({ event: value === 'all' ? undefined : (value as AuditFilter['event']) })}
          />
        }
        actions={
          <>
            <Who value={search.actor} onChange={(actor) => go({ actor })} />
            <TextInput
              size="xs"
              w={150}
              aria-label="About, an id"
              placeholder="About: lic_…, cus_…"
              defaultValue={search.about ?? ''}
              key={search.about ?? ''}
              onBlur={({ currentTarget: { value } }) => go({ about: value.trim() || undefined })}
              onKeyDown={({ key, currentTarget }) => key === 'Enter' && currentTarget.blur()}
            />
            <TextInput
              size="xs"
              type="date"
              aria-label="From"
              leftSection="From"
              leftSectionWidth={46}
              value={dateInput(search.from)}
              onChange={({ currentTarget: { value } }) => go({ from: value ? startOfDay(value) : undefined })}
            />
            <TextInput
              size="xs"
              type="date"
              aria-label="Until"
              leftSection="Until"
              leftSectionWidth={46}
              value={dateInput(search.to)}
              onChange={({ currentTarget: { value } }) => go({ to: value ? endOfDay(value) : undefined })}
            />
            {narrowed && (
              <Button
                variant="subtle"
                color="gray"
                onClick={() => go({ actor: undefined, about: undefined, from: undefined, to: undefined })}
              >
                Clear
              </Button>
            )}
          </>
        }
      >
        <PagedTable
          label="Activity"
          query={query}
          id={({ index }) => index}
          columns={[
            {
              label: 'What',
              cell: (record) => (
                <Status tone={tone(record)}>
                  <span>
                    {sentence(record)}
                    {record.code && <span className="dim">: {reasonWords(record.code)}</span>}
                  </span>
                </Status>
              ),
            },
            { label: 'When', cell: ({ at }) => <Ago time={at} /> },
            { label: 'Who', cell: ({ actor }) => <Actor id={actor} /> },
            { label: 'About', wrap: true, cell: (record) => about(record) },
            { label: 'Reason', wrap: true, cell: ({ reason }) => reason ?? null },
            { label: 'Record', wide: true, align: 'right', cell: ({ index }) => index },
          ]}
          empty={<Empty title="Nothing of this kind" />}
        />
      </Panel>
    </Frame>
  );
}

/** Those who have asked for something: people and tokens that there are. */
function useActors() {
  const people = useInfiniteQuery(queries.people());
  const tokens = useInfiniteQuery(queries.tokens);
  return {
    people: people.data?.pages.flatMap(({ items }) => items) ?? [],
    tokens: tokens.data?.pages.flatMap(({ items }) => items) ?? [],
  };
}

function Who({ value, onChange }: { value?: string; onChange: (actor?: string) => void }) {
  const { people, tokens } = useActors();
  const known = [
    { group: 'People', items: people.map(({ id, name }) => ({ value: id, label: name })) },
    { group: 'API tokens', items: tokens.map(({ id, name }) => ({ value: id, label: name })) },
    {
      group: 'Others',
      items: [
        { value: 'client', label: 'Applications' },
        { value: 'system', label: 'The cluster itself' },
      ],
    },
  ];
  const named = known.some(({ items }) => items.some((item) => item.value === value));
  // Somebody who was removed is still on record.
  const data = value && !named ? [...known, { group: 'Not there any more', items: [{ value, label: value }] }] : known;
  return (
    <Select
      size="xs"
      w={150}
      clearable
      searchable
      placeholder="Anybody"
      aria-label="Who"
      data={data}
      value={value ?? null}
      onChange={(actor) => onChange(actor ?? undefined)}
    />
  );
}

function Actor({ id }: { id: string }) {
  const { people, tokens } = useActors();
  const person = people.find((person) => person.id === id);
  if (person) return <Link to="/people">{person.name}</Link>;
  const token = tokens.find((token) => token.id === id);
  if (token) return <Link to="/tokens">{token.name}</Link>;
  return /^(tok|per)_/.test(id) ? <Id value={id} /> : <span className="dim">{OTHERS[id] ?? id}</span>;
}

const OTHERS: { [actor: string]: string } = { client: 'an application', system: 'the cluster' };

/** What a record is about, by its name where it still has one. */
function about({ license, subject, command }: Record) {
  const id = license ?? subject;
  // A login is about whoever it is of.
  if (!id || id.startsWith('lgn_')) return null;
  if (id.startsWith('lic_')) return <OfLicense id={id} />;
  if (id.startsWith('cus_')) return <OfCustomer id={id} />;
  if (id.startsWith('per_')) return <Actor id={id} />;
  if (id.startsWith('idp_')) return <OfProvider id={id} />;
  return <OfPlan id={id} fallback={command?.endsWith('_node') ? <span>{id}</span> : <Id value={id} />} />;
}

// Names change seldom, and a list asks for the same ones again and again.
const NAMES = { staleTime: 60_000, retry: false } as const;

function OfLicense({ id }: { id: string }) {
  const { data } = useQuery({ ...queries.license(id), ...NAMES });
  return (
    <Link to="/licenses/$id" params={{ id }}>
      {data ? `${data.customer.name}: ${data.product.name} ${data.plan.name}` : shortened(id)}
    </Link>
  );
}

function OfCustomer({ id }: { id: string }) {
  const { data } = useQuery({ ...queries.customer(id), ...NAMES });
  return (
    <Link to="/customers/$id" params={{ id }}>
      {data?.name ?? shortened(id)}
    </Link>
  );
}

function OfProvider({ id }: { id: string }) {
  const { data } = useQuery({ ...queries.providers, ...NAMES });
  const provider = data?.items.find((provider) => provider.id === id);
  return provider ? <Link to="/settings">{provider.name}</Link> : <Id value={id} />;
}

function OfPlan({ id, fallback }: { id: string; fallback: React.ReactNode }) {
  const plans = useQuery(queries.allPlans).data?.items;
  const plan = plans?.find((plan) => plan.id === id || plan.product === id);
  if (!plan) return fallback;
  return (
    <Link to="/products/$id" params={{ id: plan.product }}>
      {plan.id === id ? `${plan.product_code}: ${plan.name}` : plan.product_code}
    </Link>
  );
}

const shortened = (id: string) => <span className="mono">{id.slice(0, 14)}…</span>;
