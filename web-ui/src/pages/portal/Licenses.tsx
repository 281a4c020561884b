// What a customer has: each license, how full it is, and until when.
import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type License, queries } from '../../api/queries';
import { useAccount } from '../../auth/login';
import { LicenseStatus } from '../../ui/LicenseTable';
import { Answered, Bar, Empty, Ends, Page as Frame, Panel } from '../../ui/parts';

export function Page() {
  const licenses = useQuery({ ...queries.allLicenses, refetchInterval: 5000 });
  return (
    <Frame title="My licenses" about={<CustomerName />}>
      <Answered query={licenses}>
        {({ items }) =>
          items.length === 0 ? (
            <Panel>
              <Empty title="No license yet">As soon as one is made out to you, it is here.</Empty>
            </Panel>
          ) : (
            <div className="cards licenses">
              {[...items].sort(byUse).map((license) => (
                <Card key={license.id} license={license} />
              ))}
            </div>
          )
        }
      </Answered>
    </Frame>
  );
}

function CustomerName() {
  const id = useAccount()?.customer ?? '';
  const customer = useQuery({ ...queries.customer(id), enabled: id !== '', staleTime: 60_000 });
  return customer.data?.name ?? null;
}

/** What can be used comes first, the fullest of it at the front. */
function byUse(one: License, other: License): number {
  const rank = ({ status, seats }: License) => (status === 'active' ? 1 + seats.in_use / Math.max(1, seats.limit) : 0);
  return rank(other) - rank(one);
}

function stateOf({ plan, seats }: License): string {
  const free = Math.max(0, seats.limit - seats.in_use);
  if (free === 0) return 'Every seat is held: who asks now is refused. ';
  return plan.holder === 'named_user'
    ? `${seats.assigned.toLocaleString('en')} of ${seats.limit.toLocaleString('en')} assigned by name. `
    : `${free.toLocaleString('en')} free. `;
}

function Card({ license }: { license: License }) {
  const { seats, status } = license;
  return (
    <section className="panel license-card" aria-label={`${license.product.name} ${license.plan.name}`}>
      <div className="inside">
        <div className="license-head">
          <h2 className="license-name">
            <Link to="/portal/licenses/$id" params={{ id: license.id }}>
              {license.product.name} {license.plan.name}
            </Link>
          </h2>
          <LicenseStatus status={status} />
        </div>
        <div className="figure">
          {seats.in_use.toLocaleString('en')} <small>of {seats.limit.toLocaleString('en')} seats in use</small>
        </div>
        <div className="card-bar">
          <Bar share={seats.limit ? Math.min(1, seats.in_use / seats.limit) : 0} />
        </div>
        <Text size="xs" c="dimmed" component="div">
          {status === 'active' && stateOf(license)}
          {license.expires_at ? (
            <>
              Ends <Ends time={license.expires_at} />.
            </>
          ) : (
            'Never ends.'
          )}{' '}
          <span className="whole">Key …{license.key_hint}</span>
        </Text>
      </div>
    </section>
  );
}
