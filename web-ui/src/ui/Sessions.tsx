// Live sessions: who sits where, since when, and whether their heart still beats.
import { Button, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { api } from '../api/client';
import { type License, type Plan, queries, type Session } from '../api/queries';
import { useSave } from '../api/save';
import { useMayChange } from '../auth/login';
import { exact, span } from '../words/time';
import { ReasonDialog } from './dialogs';
import { Ago, Copy, Status } from './parts';
import type { Column } from './Table';

export interface SeatedSession extends Session {
  of?: License;
  plan?: Plan;
}

/** Sessions with the license and the plan that they are of, as far as these are known. */
export function useSeated(sessions: Session[]): SeatedSession[] {
  const licenses = useQuery(queries.allLicenses).data;
  const plans = useQuery(queries.allPlans).data;
  return useMemo(() => {
    const license = new Map(licenses?.items.map((license) => [license.id, license]));
    const plan = new Map(plans?.items.map((plan) => [plan.id, plan]));
    return sessions.map((session) => {
      const of = license.get(session.license);
      return { ...session, of, plan: of && plan.get(of.plan.id) };
    });
  }, [sessions, licenses, plans]);
}

export const hostOf = ({ client, holder }: Session) => client?.hostname || holder.slice(0, 12);

function Host({ session }: { session: Session }) {
  return (
    <span className="id quiet-copy" title={session.session}>
      <b>{hostOf(session)}</b>
      <Copy value={session.session} what="session's name" />
    </span>
  );
}

/** A heart that missed a beat may only be late; what becomes of its seat is the plan's. */
function Beat({ session }: { session: SeatedSession }) {
  const { plan, beat_at, expires_in_seconds } = session;
  const silent = beat_at ? (Date.now() - Date.parse(beat_at)) / 1000 : 0;
  const late = plan && silent > plan.heartbeat_seconds * 1.2 + 2;
  const left = expires_in_seconds == null ? '' : `, ${span(expires_in_seconds)} left`;
  return late ? <Status tone="warn">silent{left}</Status> : <Status tone="good">beating</Status>;
}

/** What may happen while its client is cut off, and for how long from now. */
function offlineOf({ plan, grace_until }: SeatedSession) {
  if (!plan) return null;
  if (plan.offline === 'strict' || !grace_until) return plan.offline;
  const left = Math.max(0, (Date.parse(grace_until) - Date.now()) / 1000);
  return (
    <Tooltip label={`The latest token lets it go on until ${exact(grace_until)}`}>
      <span>
        {plan.offline}, {span(left >= 7200 ? Math.round(left / 3600) * 3600 : left)}
      </span>
    </Tooltip>
  );
}

export function useSessionColumns(withLicense: boolean): { columns: Column<SeatedSession>[]; dialog: React.ReactNode } {
  const [ending, setEnding] = useState<SeatedSession | null>(null);
  const mayChange = useMayChange();
  const columns: Column<SeatedSession>[] = [
    { label: 'Host', cell: (session) => <Host session={session} /> },
    {
      label: 'Customer',
      wrap: true,
      cell: ({ of, license }) => (
        <Link to="/licenses/$id" params={{ id: license }}>
          {of?.customer.name ?? license.slice(0, 12)}
        </Link>
      ),
    },
    { label: 'Product', wrap: true, cell: ({ of }) => (of ? `${of.product.name} ${of.plan.name}` : null) },
    {
      label: 'Application',
      cell: ({ client }) => [client?.app, client?.version].filter(Boolean).join(' ') || client?.sdk || null,
    },
    { label: 'Since', wide: true, cell: ({ granted_at }) => <Ago time={granted_at} often /> },
    { label: 'Last beat', cell: ({ beat_at }) => <Ago time={beat_at} often /> },
    { label: 'State', cell: (session) => <Beat session={session} /> },
    { label: 'Offline', wide: true, cell: offlineOf },
  ];
  if (mayChange) {
    columns.push({
      label: '',
      align: 'right',
      cell: (session) => (
        <Button
          variant="default"
          size="compact-xs"
          onClick={() => setEnding(session)}
          aria-label={`End the session of ${hostOf(session)}`}
        >
          End
        </Button>
      ),
    });
  }
  return {
    columns: withLicense ? columns : columns.filter(({ label }) => label !== 'Customer' && label !== 'Product'),
    dialog: ending && <EndSession session={ending} onClose={() => setEnding(null)} />,
  };
}

function EndSession({ session, onClose }: { session: Session; onClose: () => void }) {
  const save = useSave({
    send: (reason: string, header) =>
      api.POST('/api/v1/sessions/{id}/revoke', { params: { path: { id: session.session }, header }, body: { reason } }),
    said: () => `The session of ${hostOf(session)} was ended.`,
    done: onClose,
  });
  return (
    <ReasonDialog title={`End the session of ${hostOf(session)}`} submit="End session" save={save} onClose={onClose}>
      Its seat is free at once. The application learns of it, and why, at its next heartbeat; it may ask for a seat
      again.
    </ReasonDialog>
  );
}
