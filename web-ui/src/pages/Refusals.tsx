import { Button, Select } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type Reason, type Refusal, refusals } from '../api/analytics';
import { queries } from '../api/queries';
import { Ago, Empty, Page as Frame, Panel, Status } from '../ui/parts';
import { PagedTable } from '../ui/Table';
import { folded, isReason, REASONS, why } from '../words/refusals';
import { onUtcDay } from '../words/time';

const DAY_MS = 86_400_000;
const RANGES = [
  { value: '', label: 'Any time' },
  { value: '1', label: 'Last 24 hours' },
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
];

/** The beginning of so many days, as of this hour, so that the question stays the same for a while. */
const before = (days: number) => new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - days * DAY_MS).toISOString();

export function Page() {
  const { license, reason, days } = useSearch({ from: '/refusals' });
  const navigate = useNavigate();
  const query = useInfiniteQuery(refusals.list({ license, reason, from: days ? before(days) : undefined }));
  const go = (search: { license?: string; reason?: Reason; days?: number }) =>
    navigate({ to: '/refusals', search: { license, reason, days, ...search }, replace: true });
  const filtered = license || reason || days;
  const keptFrom = query.data?.pages[0]?.kept_from;
  const listed = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const tries = listed.reduce((sum, { tries }) => sum + tries, 0);
  return (
    <Frame
      title="Refusals"
      about={
        <>
          Who asked for a seat and got none. What one device or person tries again within ten minutes is one refusal.
          {listed.length > 0 && ` Listed ${query.hasNextPage ? 'so far' : 'here'}: ${folded(listed.length, tries)}.`}
        </>
      }
    >
      <Panel
        flush
        title={license ? <OfLicense id={license} onAll={() => go({ license: undefined })} /> : undefined}
        actions={
          <>
            <Select
              size="xs"
              w={250}
              className="filter"
              clearable
              placeholder="Any reason"
              aria-label="Reason"
              data={Object.entries(REASONS).map(([value, label]) => ({ value, label }))}
              value={reason ?? null}
              onChange={(value) => go({ reason: isReason(value) ? value : undefined })}
            />
            <Select
              size="xs"
              w={140}
              allowDeselect={false}
              aria-label="Time"
              data={RANGES}
              value={days ? String(days) : ''}
              onChange={(value) => go({ days: value ? Number(value) : undefined })}
            />
          </>
        }
      >
        <PagedTable
          label="Refusals"
          query={query}
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
            { label: 'When', cell: ({ at }) => <Ago time={at} often /> },
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
            {
              label: 'In use',
              align: 'right',
              cell: ({ limit, in_use }) => (limit == null ? null : `${in_use} of ${limit}`),
            },
            { label: 'Tries', align: 'right', cell: ({ tries }) => tries.toLocaleString('en') },
          ]}
          empty={
            <Empty
              title={filtered ? 'No such refusal' : 'Nobody was refused'}
              action={
                filtered && (
                  <Button variant="default" onClick={() => navigate({ to: '/refusals', search: {}, replace: true })}>
                    Show all
                  </Button>
                )
              }
            >
              {filtered
                ? query.hasNextPage
                  ? 'Among the newest records there is none. Show all, or choose another time.'
                  : 'Nothing was refused for this reason in this time.'
                : 'None is on record. What is refused is here within a second.'}
            </Empty>
          }
        />
        {keptFrom && <p className="table-foot dim small">Refusals from before {onUtcDay(keptFrom)} are not kept.</p>}
      </Panel>
    </Frame>
  );
}

/** Who asked, as far as is known: an address where seats are assigned by name, else a device. */
export function Asker({ refusal }: { refusal: Pick<Refusal, 'email' | 'host' | 'holder'> }) {
  return refusal.email ? <span>{refusal.email}</span> : <Device refusal={refusal} />;
}

export function Device({ refusal: { host, holder } }: { refusal: Pick<Refusal, 'host' | 'holder'> }) {
  return host ? <span>{host}</span> : <span className="mono" title={holder}>{`${holder.slice(0, 12)}…`}</span>;
}

function OfLicense({ id, onAll }: { id: string; onAll: () => void }) {
  const license = useQuery(queries.license(id)).data;
  return (
    <span className="chosen">
      {license ? `${license.customer.name}: ${license.product.name} ${license.plan.name}` : 'One license'}
      <Button variant="subtle" color="gray" size="compact-xs" onClick={onAll}>
        All licenses
      </Button>
    </span>
  );
}
