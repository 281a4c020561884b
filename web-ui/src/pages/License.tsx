import { Button, Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../api/client';
import { type License, queries } from '../api/queries';
import { useSave } from '../api/save';
import { useMay } from '../auth/login';
import { AssignForm } from '../forms/AssignForm';
import { ExtendForm } from '../forms/ExtendForm';
import { LicenseChangeForm } from '../forms/LicenseChangeForm';
import { NewKey } from '../forms/NewKey';
import { RotateKey } from '../forms/RotateKey';
import { ReasonDialog } from '../ui/dialogs';
import { LicenseStatus } from '../ui/LicenseTable';
import { LiveSeats } from '../ui/LiveSeats';
import { isNamed, NamedSeats } from '../ui/NamedSeats';
import { PeakChart } from '../ui/PeakChart';
import { Ago, Answered, Empty, Facts, Page as Frame, Id, Note, PageOf, Panel, Seats } from '../ui/parts';
import { sentence, tone } from '../words/audit';
import { counted, reasonWords } from '../words/refusals';
import { onDay } from '../words/time';

type Open = 'change' | 'extend' | 'suspend' | 'revoke' | 'key' | 'assign' | null;

const BACK = { to: '/licenses', name: 'Licenses' } as const;

export function Page() {
  const { id } = useParams({ from: '/licenses/$id' });
  const license = useQuery({ ...queries.license(id), refetchInterval: 3000 });
  return (
    <PageOf kind="License" back={BACK} query={license}>
      {(license) => <Shown license={license} />}
    </PageOf>
  );
}

function Shown({ license }: { license: License }) {
  const [open, setOpen] = useState<Open>(null);
  const [key, setKey] = useState<string | null>(null);
  const close = () => setOpen(null);
  return (
    <Frame
      title={`${license.product.name} ${license.plan.name}`}
      about={
        <>
          for{' '}
          <Link to="/customers/$id" params={{ id: license.customer.id }}>
            {license.customer.name}
          </Link>
        </>
      }
      back={BACK}
      actions={<Actions license={license} onOpen={setOpen} />}
    >
      {license.reason && license.status !== 'active' && (
        <Note title={license.status === 'revoked' ? 'Why it was revoked' : 'Why it is on hold'}>{license.reason}</Note>
      )}
      <Panel>
        <Facts
          wide={['Ends']}
          facts={{
            Status: <LicenseStatus status={license.status} />,
            'Seats in use': <Seats inUse={license.seats.in_use} limit={license.seats.limit} />,
            Ghosts: license.seats.ghosts,
            From: onDay(license.starts_at),
            Ends: license.expires_at ? <Until time={license.expires_at} /> : 'never',
            'Key ends with': <span className="mono">{license.key_hint}</span>,
            'Seats come from': license.seats.own == null ? 'the plan' : 'the license',
            Id: <Id value={license.id} />,
          }}
        />
      </Panel>
      {Object.keys(license.entitlements).length > 0 && (
        <Panel title="Entitlements of its own">
          <Facts
            facts={Object.fromEntries(
              Object.entries(license.entitlements).map(([name, value]) => [
                name,
                value === true ? 'yes' : String(value),
              ]),
            )}
          />
        </Panel>
      )}
      {isNamed(license) && <NamedSeats license={license} />}
      <Sessions license={license} />
      <div className="split">
        <Day license={license} />
        <Timeline license={license} />
      </div>
      {open === 'change' && <LicenseChangeForm license={license} onClose={close} />}
      {open === 'extend' && <ExtendForm license={license} onClose={close} />}
      {open === 'suspend' && <Suspend license={license} onClose={close} />}
      {open === 'revoke' && <Revoke license={license} onClose={close} />}
      {open === 'assign' && <AssignForm license={license} onClose={close} />}
      {open === 'key' && <RotateKey license={license} onClose={close} onDone={setKey} />}
      <NewKey license={key} onClose={() => setKey(null)} />
    </Frame>
  );
}

function Until({ time }: { time: string }) {
  return (
    <>
      {onDay(time)}{' '}
      <span className="dim">
        (<Ago time={time} />)
      </span>
    </>
  );
}

function Actions({ license, onOpen }: { license: License; onOpen: (open: Open) => void }) {
  const may = useMay();
  const reinstate = useSave({
    send: (_: undefined, header) =>
      api.POST('/api/v1/licenses/{id}/reinstate', { params: { path: { id: license.id }, header } }),
    said: () => 'The license is usable again.',
  });
  if (license.status === 'revoked') return null;
  if (!may.sell) {
    return may.support ? (
      <Button variant="default" onClick={() => onOpen('key')}>
        New key
      </Button>
    ) : null;
  }
  return (
    <>
      <Button variant="default" onClick={() => onOpen('change')}>
        Plan and seats
      </Button>
      <Button variant="default" onClick={() => onOpen('extend')}>
        Extend
      </Button>
      {license.status === 'suspended' ? (
        <Button loading={reinstate.isPending} onClick={() => reinstate.mutate(undefined)}>
          Reinstate
        </Button>
      ) : (
        <Button variant="default" onClick={() => onOpen('suspend')}>
          Suspend
        </Button>
      )}
      <Menu>
        <Menu.Target>
          <Button variant="default" px={8} aria-label="More">
            <IconDots size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item data-autofocus onClick={() => onOpen('key')}>
            New key …
          </Menu.Item>
          {!isNamed(license) && <Menu.Item onClick={() => onOpen('assign')}>Assign a seat …</Menu.Item>}
          <Menu.Item c="var(--usher-bad)" onClick={() => onOpen('revoke')}>
            Revoke …
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

interface Dialog {
  license: License;
  onClose: () => void;
}

function whoGoesOn({ seats: { sessions } }: License) {
  if (sessions === 0) return 'Nobody holds a seat at the moment.';
  return `${counted(sessions, 'live session')} ${sessions === 1 ? 'goes' : 'go'} on until the next heartbeat.`;
}

function Suspend({ license, onClose }: Dialog) {
  const save = useSave({
    send: (reason: string, header) =>
      api.POST('/api/v1/licenses/{id}/suspend', { params: { path: { id: license.id }, header }, body: { reason } }),
    said: () => 'The license is on hold.',
    done: onClose,
  });
  return (
    <ReasonDialog title="Suspend the license" submit="Suspend" save={save} onClose={onClose}>
      No seat can be taken until it is reinstated. {whoGoesOn(license)}
    </ReasonDialog>
  );
}

function Revoke({ license, onClose }: Dialog) {
  const save = useSave({
    send: (reason: string, header) =>
      api.POST('/api/v1/licenses/{id}/revoke', { params: { path: { id: license.id }, header }, body: { reason } }),
    said: () => 'The license was revoked.',
    done: onClose,
  });
  return (
    <ReasonDialog title="Revoke the license" submit="Revoke for good" save={save} onClose={onClose}>
      This cannot be undone: its key never works again. {whoGoesOn(license)} To stop it for a while, suspend it.
    </ReasonDialog>
  );
}

function Sessions({ license }: { license: License }) {
  return (
    <Panel title={`Live sessions${license.seats.sessions ? ` · ${license.seats.sessions}` : ''}`} flush>
      <LiveSeats
        label="Live sessions"
        of="license"
        filter={{ license: license.id }}
        empty={
          <Empty title="Nobody holds a seat">
            Applications that take one with this license's key appear here by themselves.
          </Empty>
        }
      />
    </Panel>
  );
}

function Day({ license }: { license: License }) {
  const usage = useQuery(queries.usage(license.id, 24));
  return (
    <Panel
      title="Last 24 hours"
      actions={
        <Link to="/usage" search={{ license: license.id }} className="more">
          All usage
        </Link>
      }
    >
      <Answered query={usage}>
        {({ items }) => <PeakChart hours={items} count={24} capacity={license.seats.limit} />}
      </Answered>
    </Panel>
  );
}

const TIMELINE = 10;

function Timeline({ license }: { license: License }) {
  const audit = useQuery(queries.latest({ about: license.id }, TIMELINE));
  return (
    <Panel
      title="Timeline"
      actions={
        <Link to="/activity" search={{ about: license.id }} className="more">
          All activity
        </Link>
      }
    >
      <Answered query={audit}>
        {({ items: shown }) => (
          <>
            {shown.length === 0 && <Empty title="Nothing has happened yet" />}
            <ol className="timeline">
              {shown.map((record) => (
                <li key={record.index} data-tone={tone(record)}>
                  {sentence(record)}
                  {(record.reason ?? record.code) && (
                    <span className="dim">: {record.reason ?? reasonWords(record.code ?? '')}</span>
                  )}
                  <div className="dim">
                    <Ago time={record.at} />
                    {record.in_use != null && `, ${record.in_use} held then`}
                  </div>
                </li>
              ))}
            </ol>
          </>
        )}
      </Answered>
    </Panel>
  );
}
