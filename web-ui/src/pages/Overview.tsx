import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type License, queries, type Whole } from '../api/queries';
import { Ago, Answered, Bar, Empty, Page as Frame, Panel, Seats, Status } from '../ui/parts';
import { Table } from '../ui/Table';
import { codeWords } from '../words/audit';
import { health } from '../words/cluster';

const DAY_MS = 86_400_000;

export function Page() {
  const licenses = useQuery({ ...queries.allLicenses, refetchInterval: 5000 });
  return (
    <Frame title="Overview">
      <Answered query={licenses}>
        {(all) =>
          all.items.length === 0 ? (
            <>
              <div className="cards">
                <ClusterCard />
              </div>
              <Welcome />
            </>
          ) : (
            <>
              {!all.complete && <Text size="sm">Counted over the first {all.items.length} licenses.</Text>}
              <div className="cards">
                <SeatsCard licenses={all.items} />
                <EndingCard licenses={all.items} />
                <RefusalsCard />
                <ClusterCard />
              </div>
              <div className="split">
                <ByProduct licenses={all.items} />
                <Ending licenses={all.items} />
              </div>
              <Refusals licenses={all} />
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

const usable = ({ status }: License) => status === 'active';

function SeatsCard({ licenses }: { licenses: License[] }) {
  const inUse = licenses.reduce((sum, { seats }) => sum + seats.in_use, 0);
  const limit = licenses.filter(usable).reduce((sum, { seats }) => sum + seats.limit, 0);
  const ghosts = licenses.reduce((sum, { seats }) => sum + seats.ghosts, 0);
  return (
    <Panel title="Seats in use">
      <div className="figure">
        {inUse.toLocaleString('en')} <small>of {limit.toLocaleString('en')}</small>
      </div>
      <div className="card-bar">
        <Bar share={limit ? Math.min(1, inUse / limit) : 0} />
      </div>
      <Text size="xs" c="dimmed">
        {ghosts === 0
          ? 'No ghosts: no silent client runs on its grace.'
          : `${ghosts} ghosts: silent clients whose grace still runs.`}
      </Text>
    </Panel>
  );
}

const endsWithin = (days: number) => (license: License) => {
  const left = license.expires_at ? Date.parse(license.expires_at) - Date.now() : Number.POSITIVE_INFINITY;
  return usable(license) && left > 0 && left <= days * DAY_MS;
};

function EndingCard({ licenses }: { licenses: License[] }) {
  return (
    <Panel title="Licenses that end">
      <div className="trio">
        {[30, 60, 90].map((days) => (
          <div key={days}>
            <div className="figure">{licenses.filter(endsWithin(days)).length}</div>
            <Text size="xs" c="dimmed">
              in {days} days
            </Text>
          </div>
        ))}
      </div>
    </Panel>
  );
}

function RefusalsCard() {
  const audit = useQuery(queries.auditSince(24));
  return (
    <Panel title="Refusals, 24 h">
      <Answered query={audit}>
        {({ items, complete }) => {
          const refused = items.filter(({ event, command }) => event === 'refused' && command === 'acquire');
          const reasons = Map.groupBy(refused, ({ code }) => code ?? 'unknown');
          return (
            <>
              <div className="figure">
                {refused.length}
                {!complete && ' +'}
              </div>
              <Text size="xs" c="dimmed" component="div">
                {refused.length === 0
                  ? 'Everybody who asked got a seat.'
                  : [...reasons].map(([code, records]) => (
                      <div key={code}>{`${records.length} × ${codeWords(code)}`}</div>
                    ))}
                {!complete && <div>Counted over the latest {items.length} records.</div>}
              </Text>
            </>
          );
        }}
      </Answered>
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

function ByProduct({ licenses }: { licenses: License[] }) {
  const products = [...Map.groupBy(licenses, ({ product }) => product.id)].map(([id, of]) => ({
    id,
    name: of[0]?.product.name,
    licenses: of.filter(usable).length,
    inUse: of.reduce((sum, { seats }) => sum + seats.in_use, 0),
    limit: of.filter(usable).reduce((sum, { seats }) => sum + seats.limit, 0),
    full: of.filter((license) => usable(license) && license.seats.in_use >= license.seats.limit).length,
  }));
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
          { label: 'Licenses', align: 'right', cell: ({ licenses }) => licenses },
          { label: 'Full', align: 'right', cell: ({ full }) => (full ? <Status tone="warn">{full}</Status> : 0) },
          { label: 'Seats', cell: ({ inUse, limit }) => <Seats inUse={inUse} limit={limit} /> },
        ]}
      />
    </Panel>
  );
}

function Ending({ licenses }: { licenses: License[] }) {
  const ending = licenses
    .filter(endsWithin(90))
    .sort((one, other) => Date.parse(one.expires_at ?? '') - Date.parse(other.expires_at ?? ''))
    .slice(0, 8);
  return (
    <Panel title="Ending next" flush>
      {ending.length === 0 ? (
        <Empty title="No license ends within 90 days" />
      ) : (
        <Table
          label="Licenses that end next"
          rows={ending}
          id={({ id }) => id}
          columns={[
            {
              label: 'Customer',
              cell: ({ id, customer }) => (
                <Link to="/licenses/$id" params={{ id }}>
                  {customer.name}
                </Link>
              ),
            },
            { label: 'Product', cell: ({ product, plan }) => `${product.name} ${plan.name}` },
            { label: 'Ends', cell: ({ expires_at }) => <Ago time={expires_at} /> },
          ]}
        />
      )}
    </Panel>
  );
}

function Refusals({ licenses }: { licenses: Whole<License> }) {
  const audit = useQuery(queries.auditSince(24));
  const refused = audit.data?.items
    .filter(({ event, command }) => event === 'refused' && command === 'acquire')
    .slice(0, 8);
  if (!refused?.length) return null;
  const names = new Map(licenses.items.map((license) => [license.id, license]));
  return (
    <Panel title="Latest refusals" flush>
      <Table
        label="Latest refusals"
        rows={refused}
        id={({ index }) => index}
        columns={[
          { label: 'When', cell: ({ at }) => <Ago time={at} /> },
          { label: 'Why', cell: ({ code }) => <Status tone="bad">{codeWords(code ?? 'unknown')}</Status> },
          {
            label: 'License',
            cell: ({ license }) => {
              const of = license ? names.get(license) : undefined;
              return license ? (
                <Link to="/licenses/$id" params={{ id: license }}>
                  {of ? `${of.customer.name}: ${of.product.name} ${of.plan.name}` : license.slice(0, 12)}
                </Link>
              ) : null;
            },
          },
          { label: 'In words', wrap: true, cell: ({ reason }) => reason ?? null },
        ]}
      />
    </Panel>
  );
}
