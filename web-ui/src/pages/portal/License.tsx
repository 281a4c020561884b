// One of a customer's licenses: its seats and who holds them, its use, and a new key where the old one is lost.
import { Button, SegmentedControl, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { type License, queries } from '../../api/queries';
import { useMay } from '../../auth/login';
import { NewKey } from '../../forms/NewKey';
import { RotateKey } from '../../forms/RotateKey';
import { LicenseStatus } from '../../ui/LicenseTable';
import { LiveSeats } from '../../ui/LiveSeats';
import { isNamed, NamedSeats } from '../../ui/NamedSeats';
import { PeakChart, refusedIn } from '../../ui/PeakChart';
import { Answered, Empty, Ends, Facts, Page as Frame, Id, Note, PageOf, Panel, Seats } from '../../ui/parts';
import { triesOf } from '../../words/refusals';
import { onDay } from '../../words/time';

const BACK = { to: '/portal', name: 'My licenses' } as const;

export function Page() {
  const { id } = useParams({ from: '/portal/licenses/$id' });
  const license = useQuery({ ...queries.license(id), refetchInterval: 4000 });
  return (
    <PageOf kind="License" back={BACK} query={license}>
      {(license) => <Shown license={license} />}
    </PageOf>
  );
}

const WHY: { [status in License['status']]?: string } = {
  suspended: 'It is on hold: no seat can be taken until it is reinstated.',
  revoked: 'It was ended for good: no seat can be taken with it any more.',
  expired: 'Its end has passed: no seat can be taken until it is extended.',
  not_started: 'It has not started yet.',
};

function Shown({ license }: { license: License }) {
  const [asking, setAsking] = useState(false);
  const [key, setKey] = useState<string | null>(null);
  const mayRotate = useMay().support && license.status !== 'revoked';
  const why = WHY[license.status];
  return (
    <Frame
      title={`${license.product.name} ${license.plan.name}`}
      back={BACK}
      actions={
        mayRotate && (
          <Button variant="default" onClick={() => setAsking(true)}>
            New key
          </Button>
        )
      }
    >
      {why && (
        <Note tone="warn" title={why}>
          {license.reason ?? 'Ask your vendor if you do not know why.'}
        </Note>
      )}
      <Panel>
        <Facts
          wide={['Ends']}
          facts={{
            Status: <LicenseStatus status={license.status} />,
            'Seats in use': <Seats inUse={license.seats.in_use} limit={license.seats.limit} />,
            Ends: <Ends time={license.expires_at} />,
            From: onDay(license.starts_at),
            'Key ends with': <span className="mono">{license.key_hint}</span>,
            Id: <Id value={license.id} />,
            ...Object.fromEntries(
              Object.entries(license.entitlements).map(([name, value]) => [
                name,
                value === true ? 'yes' : String(value),
              ]),
            ),
          }}
        />
        {!mayRotate && license.status !== 'revoked' && (
          <Text size="xs" c="dimmed" mt="sm">
            Is the key lost? A team admin can give the license a new one.
          </Text>
        )}
      </Panel>
      {isNamed(license) && <NamedSeats license={license} />}
      <Panel title="Who holds a seat" flush>
        <LiveSeats
          label="Who holds a seat"
          of="license"
          filter={{ license: license.id }}
          empty={<Empty title="Nobody holds a seat">Whoever starts the application appears here by themselves.</Empty>}
        />
      </Panel>
      <Usage license={license} />
      {asking && <RotateKey license={license} onClose={() => setAsking(false)} onDone={setKey} />}
      <NewKey license={key} onClose={() => setKey(null)} />
    </Frame>
  );
}

const RANGES = [
  { value: '24', label: '24 hours' },
  { value: '168', label: '7 days' },
  { value: '720', label: '30 days' },
];

function Usage({ license }: { license: License }) {
  const [hours, setHours] = useState(168);
  const usage = useQuery(queries.usage(license.id, hours));
  return (
    <Panel
      title="Use"
      actions={
        <SegmentedControl
          size="xs"
          aria-label="How far back"
          data={RANGES}
          value={String(hours)}
          onChange={(value) => setHours(Number(value))}
        />
      }
    >
      <Answered query={usage}>
        {({ items }) => {
          const peak = Math.max(0, ...items.map((hour) => hour.peak));
          const refused = items.reduce((sum, hour) => sum + refusedIn(hour), 0);
          return (
            <>
              <PeakChart hours={items} count={hours} capacity={license.seats.limit} />
              <Text size="xs" c="dimmed" mt={6}>
                At most {peak} of {license.seats.limit} seats were held at once;{' '}
                {refused === 0 ? 'nobody was refused' : `${triesOf(refused)} refused`}.
              </Text>
            </>
          );
        }}
      </Answered>
    </Panel>
  );
}
