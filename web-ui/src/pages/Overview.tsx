// The business at a glance.
import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { refusals } from '../api/analytics';
import { queries, type Summary } from '../api/queries';
import { Ago, Answered, Bar, Empty, Page as Frame, Panel, Seats, Status } from '../ui/parts';
import { Table } from '../ui/Table';
import { health } from '../words/cluster';
import { reasonWords, why } from '../words/refusals';
import { Asker } from './Refusals';

const LATEST = 8;

export function Page() {
  const summary = useQuery(queries.summary);
  return (
    <Frame title="Overview">
      <Answered query={summary}>
        {(all) =>
          all.all.licenses === 0 ? (
            <>
              <div className="cards">
                <ClusterCard />
              </div>
              <Welcome />
            </>
          ) : (
            <>
              <div className="cards five">
                <SeatsCard summary={all} />
                <PeaksCard summary={all} />
                <EndingCard summary={all} />
                <RefusalsCard summary={all} />
                <ClusterCard />
              </div>
              <div className="split">
                <ByProduct summary={all} />
                <Ending summary={all} />
              </div>
              <Refusals />
            </>
          )
        }
      </Answered>
    </Frame>
  );
}

function Welcome() {
  return (
    <Panel>
      <Empty title="Nothing is licensed yet">
        <ol className="steps">
          <li>
            <Link to="/products">Create a product</Link>, and a plan of it: how many seats, and for how long without a
            network.
          </li>
          <li>
            <Link to="/customers">Create a customer</Link>.
          </li>
          <li>
            <Link to="/licenses">Create a license</Link> and give its key away.
          </li>
        </ol>
      </Empty>
    </Panel>
  );
}

interface Of {
  summary: Summary;
}

const number = (count: number) => count.toLocaleString('en');

function SeatsCard({ summary: { all } }: Of) {
  return (
    <Panel title="Seats in use">
      <div className="figure">
        {number(all.in_use)} <small>of {number(all.limit)}</small>
      </div>
      <div className="card-bar">
        <Bar share={all.limit ? Math.min(1, all.in_use / all.limit) : 0} />
      </div>
      <Text size="xs" c="dimmed">
        {all.ghosts === 0
          ? 'No ghosts: no silent client runs on its grace.'
          : `${number(all.ghosts)} ${all.ghosts === 1 ? 'ghost: a silent client whose' : 'ghosts: silent clients whose'} grace still runs.`}
      </Text>
    </Panel>
  );
}

function PeaksCard({ summary: { all, counted_from } }: Of) {
  return (
    <Panel title="Peaks">
      <div className="pair">
        <div>
          <div className="figure">{number(all.peak_today)}</div>
          <Text size="xs" c="dimmed">
            today
          </Text>
        </div>
        <div>
          <div className="figure">{counted_from == null ? '…' : number(all.peak_30_days)}</div>
          <Text size="xs" c="dimmed">
            in 30 days
          </Text>
        </div>
      </div>
      <Text size="xs" c="dimmed" mt={6}>
        {counted_from == null
          ? 'The hours that have passed are being counted.'
          : "Each license's busiest hour, added up: the true peak was no higher."}
      </Text>
    </Panel>
  );
}

function EndingCard({ summary: { ending } }: Of) {
  const counts: [number, number][] = [
    [30, ending.days_30],
    [60, ending.days_60],
    [90, ending.days_90],
  ];
  return (
    <Panel title="Licenses that end">
      <div className="trio">
        {counts.map(([days, count]) => (
          <div key={days}>
            <div className="figure">{number(count)}</div>
            <Text size="xs" c="dimmed">
              in {days} days
            </Text>
          </div>
        ))}
      </div>
    </Panel>
  );
}

function RefusalsCard({ summary: { refusals } }: Of) {
  return (
    <Panel title="Refused, 24 h">
      <div className="figure">
        {number(refusals.total)} <small>{refusals.total === 1 ? 'try' : 'tries'}</small>
      </div>
      <Text size="xs" c="dimmed" component="div">
        {refusals.total === 0 ? (
          'None is on record.'
        ) : (
          <>
            {Object.entries(refusals.by_reason).map(([reason, count]) => (
              <div key={reason}>{`${number(count)} × ${reasonWords(reason)}`}</div>
            ))}
            <div className="card-more">
              Every try counts here. What is tried again within ten minutes is one of the{' '}
              <Link to="/refusals" search={{ days: 1 }}>
                refusals
              </Link>
              .
            </div>
          </>
        )}
      </Text>
    </Panel>
  );
}

function ClusterCard() {
  const cluster = useQuery(queries.cluster);
  return (
    <Panel title="Cluster">
      <Answered query={cluster}>
        {(view) => {
          const { tone, sentence, more } = health(view);
          return (
            <>
              <Text fw={600} component="div">
                <Status tone={tone}>{sentence}</Status>
              </Text>
              <Text size="xs" c="dimmed" mt={6}>
                {more} <Link to="/cluster">See the nodes</Link>
              </Text>
            </>
          );
        }}
      </Answered>
    </Panel>
  );
}

function ByProduct({ summary: { products } }: Of) {
  return (
    <Panel title="Seats by product" flush>
      <Table
        label="Seats by product"
        rows={products}
        id={({ id }) => id}
        columns={[
          {
            label: 'Product',
            cell: ({ id, name }) => (
              <Link to="/products/$id" params={{ id }}>
                {name}
              </Link>
            ),
          },
          {
            label: 'Licenses',
            align: 'right',
            cell: ({ usable, full }) => (
              <span className="counts">
                {full > 0 && <Status tone="warn">{number(full)} full</Status>}
                <span>{number(usable)}</span>
              </span>
            ),
          },
          { label: 'Seats', cell: ({ in_use, limit }) => <Seats inUse={in_use} limit={limit} /> },
          { label: 'Peak today', align: 'right', wide: true, cell: ({ peak_today }) => number(peak_today) },
        ]}
      />
    </Panel>
  );
}

function Ending({ summary: { ending } }: Of) {
  return (
    <Panel title="Ending next" flush>
      {ending.next.length === 0 ? (
        <Empty title="No license ends within 90 days" />
      ) : (
        <Table
          label="Licenses that end next"
          rows={ending.next}
          id={({ id }) => id}
          columns={[
            {
              label: 'Customer',
              wrap: true,
              cell: ({ id, customer }) => (
                <Link to="/licenses/$id" params={{ id }}>
                  {customer.name}
                </Link>
              ),
            },
            { label: 'Product', wrap: true, cell: ({ product, plan }) => `${product.name} ${plan.name}` },
            { label: 'Ends', cell: ({ expires_at }) => <Ago time={expires_at} /> },
          ]}
        />
      )}
    </Panel>
  );
}

function Refusals() {
  const refused = useQuery(refusals.latest(LATEST)).data?.items ?? [];
  if (refused.length === 0) return null;
  return (
    <Panel
      title="Latest refusals"
      flush
      actions={
        <Link to="/refusals" className="more">
          All refusals
        </Link>
      }
    >
      <Table
        label="Latest refusals"
        rows={refused}
        id={({ id }) => id}
        columns={[
          {
            label: 'Why',
            cell: ({ id, reason, code }) => (
              <Link to="/refusals/$id" params={{ id }}>
                <Status tone="bad">{why({ reason, code })}</Status>
              </Link>
            ),
          },
          { label: 'When', cell: ({ at }) => <Ago time={at} /> },
          { label: 'Who', cell: (refusal) => <Asker refusal={refusal} /> },
          {
            label: 'License',
            wrap: true,
            cell: ({ license, customer_name, product, plan }) => (
              <Link to="/licenses/$id" params={{ id: license }}>
                {customer_name}: {product} {plan}
              </Link>
            ),
          },
          { label: 'Tries', align: 'right', cell: ({ tries }) => number(tries) },
        ]}
      />
    </Panel>
  );
}
