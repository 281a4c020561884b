import { SegmentedControl, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type License, queries, type UsageHour } from '../api/queries';
import { PeakChart, refusedIn } from '../ui/PeakChart';
import { Ago, Answered, Empty, Page as Frame, Panel, Status } from '../ui/parts';
import { Table } from '../ui/Table';

const RANGES = [
  { value: '24', label: '24 hours' },
  { value: '168', label: '7 days' },
  { value: '720', label: '30 days' },
];

export function Page() {
  const licenses = useQuery(queries.allLicenses);
  return (
    <Frame title="Usage" about="Every seat that was taken is in the ledger, so a peak is a fact and not a sample">
      <Answered query={licenses}>
        {({ items }) =>
          items.length === 0 ? (
            <Panel>
              <Empty title="Nothing is licensed yet">Usage begins with the first license.</Empty>
            </Panel>
          ) : (
            <OfLicense licenses={items} />
          )
        }
      </Answered>
    </Frame>
  );
}

function OfLicense({ licenses }: { licenses: License[] }) {
  const { license: wanted, hours = 168 } = useSearch({ from: '/usage' });
  const navigate = useNavigate();
  const busiest = licenses.reduce((one, other) => (other.seats.in_use > one.seats.in_use ? other : one));
  const license = licenses.find(({ id }) => id === wanted) ?? busiest;
  const usage = useQuery(queries.usage(license.id, hours));
  const go = (search: { license?: string; hours?: number }) =>
    navigate({ to: '/usage', search: { license: license.id, hours, ...search }, replace: true });
  return (
    <>
      <Panel
        title={
          <Select
            size="xs"
            className="license-choice"
            searchable
            allowDeselect={false}
            aria-label="License"
            data={licenses.map(({ id, customer, product, plan, key_hint }) => ({
              value: id,
              label: `${customer.name}: ${product.name} ${plan.name} …${key_hint}`,
            }))}
            value={license.id}
            onChange={(id) => id && go({ license: id })}
          />
        }
        actions={
          <SegmentedControl
            size="xs"
            aria-label="How far back"
            data={RANGES}
            value={String(hours)}
            onChange={(value) => go({ hours: Number(value) })}
          />
        }
      >
        <Answered query={usage}>
          {({ items }) => (
            <>
              <PeakChart hours={items} count={hours} capacity={license.seats.limit} />
              <div className="legend">
                <span>Peak of seats held in the hour</span>
                <span data-of="capacity">Capacity now, {license.seats.limit}</span>
                <span data-of="refused">An acquire was refused</span>
              </div>
            </>
          )}
        </Answered>
      </Panel>
      {usage.data && <Sums hours={usage.data.items} capacity={license.seats.limit} />}
      {usage.data && <Hours hours={usage.data.items} />}
    </>
  );
}

function Sums({ hours, capacity }: { hours: UsageHour[]; capacity: number }) {
  const sum = (of: (hour: UsageHour) => number) => hours.reduce((total, hour) => total + of(hour), 0);
  const peak = Math.max(0, ...hours.map(({ peak }) => peak));
  const figures: [string, string][] = [
    ['Highest peak', `${peak} of ${capacity}`],
    ['Seats taken', sum(({ grants }) => grants).toLocaleString('en')],
    ['Given back', sum(({ releases }) => releases).toLocaleString('en')],
    ['Lost without a heartbeat', sum(({ expiries }) => expiries).toLocaleString('en')],
    ['Refused', sum(refusedIn).toLocaleString('en')],
  ];
  return (
    <div className="cards narrow">
      {figures.map(([name, figure]) => (
        <Panel key={name}>
          <div className="figure">{figure}</div>
          <div className="dim small">{name}</div>
        </Panel>
      ))}
    </div>
  );
}

function Hours({ hours }: { hours: UsageHour[] }) {
  const shown = [...hours].reverse().slice(0, 24);
  if (shown.length === 0) return null;
  return (
    <Panel title="The latest hours with any use" flush>
      <Table
        label="Hours"
        rows={shown}
        id={({ hour }) => hour}
        columns={[
          { label: 'Hour', cell: ({ hour, open }) => (open ? 'this hour' : <Ago time={hour} />) },
          { label: 'Peak', align: 'right', cell: ({ peak }) => peak },
          { label: 'Taken', align: 'right', cell: ({ grants }) => grants },
          { label: 'Given back', align: 'right', cell: ({ releases }) => releases },
          { label: 'Lost', align: 'right', cell: ({ expiries }) => expiries },
          {
            label: 'Refused',
            align: 'right',
            cell: (hour) => (refusedIn(hour) ? <Status tone="bad">{refusedIn(hour)}</Status> : 0),
          },
        ]}
      />
    </Panel>
  );
}
