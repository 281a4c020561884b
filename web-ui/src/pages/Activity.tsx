import { SegmentedControl } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { queries, type Record } from '../api/queries';
import { Ago, Empty, Page as Frame, Id, Panel, Status } from '../ui/parts';
import { PagedTable } from '../ui/Table';
import { codeWords, sentence, tone } from '../words/audit';

const KINDS = [
  { value: 'all', label: 'All' },
  { value: 'changed', label: 'Changes' },
  { value: 'refused', label: 'Refusals' },
  { value: 'seats', label: 'Seats' },
];

const isOf = (kind: string) => (record: Record) =>
  kind === 'all' || record.event === kind || (kind === 'seats' && ['granted', 'ended'].includes(record.event));

export function Page() {
  const [kind, setKind] = useState('all');
  const query = useInfiniteQuery({ ...queries.audit, refetchInterval: 5000 });
  const rows = query.data?.pages.flatMap(({ items }) => items).filter(isOf(kind)) ?? [];
  const cluster = useQuery(queries.cluster);
  return (
    <Frame
      title="Activity"
      about={
        cluster.data && (
          <>
            Every change, grant, refusal and end: {cluster.data.audit.size.toLocaleString('en')} records in a hash tree
          </>
        )
      }
    >
      <Panel
        flush
        title={<SegmentedControl size="xs" aria-label="Kind" data={KINDS} value={kind} onChange={setKind} />}
        actions={cluster.data && <Id value={cluster.data.audit.root} what="root of the hash tree" />}
      >
        <PagedTable
          label="Activity"
          query={{ ...query, data: query.data && { pages: [{ items: rows }] } }}
          id={({ index }) => index}
          columns={[
            {
              label: 'What',
              cell: (record) => (
                <Status tone={tone(record)}>
                  {sentence(record)}
                  {record.code && <span className="dim">{codeWords(record.code)}</span>}
                </Status>
              ),
            },
            { label: 'When', cell: ({ at }) => <Ago time={at} /> },
            { label: 'Who', cell: (record) => <Actor record={record} /> },
            { label: 'About', wrap: true, cell: (record) => <About record={record} /> },
            { label: 'Reason', wrap: true, cell: ({ reason }) => reason ?? null },
            { label: 'Record', wide: true, align: 'right', cell: ({ index }) => index },
          ]}
          empty={
            <Empty title="Nothing of this kind">
              {query.hasNextPage ? 'Among the newest records there is none. Choose all, and show more.' : null}
            </Empty>
          }
        />
      </Panel>
    </Frame>
  );
}

function Actor({ record: { actor } }: { record: Record }) {
  const tokens = useInfiniteQuery(queries.tokens);
  const token = tokens.data?.pages.flatMap(({ items }) => items).find(({ id }) => id === actor);
  if (token) return <Link to="/tokens">{token.name}</Link>;
  return actor.startsWith('tok_') ? <Id value={actor} /> : <span className="dim">{actor}</span>;
}

/** What a record is about, by its name where it still has one. */
function About({ record: { license, subject, command } }: { record: Record }) {
  const licenses = useQuery(queries.allLicenses).data?.items;
  const plans = useQuery(queries.allPlans).data?.items;
  const id = license ?? subject;
  if (!id) return null;
  if (id.startsWith('lic_')) {
    const of = licenses?.find((license) => license.id === id);
    return (
      <Link to="/licenses/$id" params={{ id }}>
        {of ? `${of.customer.name}: ${of.product.name} ${of.plan.name}` : shortened(id)}
      </Link>
    );
  }
  if (id.startsWith('cus_')) {
    return (
      <Link to="/customers/$id" params={{ id }}>
        {licenses?.find(({ customer }) => customer.id === id)?.customer.name ?? shortened(id)}
      </Link>
    );
  }
  const plan = plans?.find((plan) => plan.id === id || plan.product === id);
  if (plan) {
    return (
      <Link to="/products/$id" params={{ id: plan.product }}>
        {plan.id === id ? `${plan.product_code}: ${plan.name}` : plan.product_code}
      </Link>
    );
  }
  return command?.endsWith('_node') ? <span>{id}</span> : <Id value={id} />;
}

const shortened = (id: string) => <span className="mono">{id.slice(0, 14)}…</span>;
