// Live sessions: who sits where, since when, and whether their heart still beats.
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { memo, useMemo, useState } from 'react';
import { api } from '../api/client';
import type { Session } from '../api/queries';
import { useSave } from '../api/save';
import { useAccount, useMay } from '../auth/login';
import { exact, span } from '../words/time';
import { ReasonDialog } from './dialogs';
import { Ago, Copy, Status } from './parts';
import { type LiveRows, useNames, useRow } from './seats';
import { Cells, type Column, TableFrame } from './Table';

export const hostOf = ({ client, holder }: Session) => client?.hostname || holder.slice(0, 12);

function Host({ session }: { session: Session }) {
  return (
    <span className="id quiet-copy" title={session.session}>
      <b>{hostOf(session)}</b>
      {session.user && <span className="dim">&nbsp;{session.user.email ?? session.user.subject}</span>}
      <Copy value={session.session} what="session's name" />
    </span>
  );
}

/** Whether it missed a beat by now, and not by the little that a network takes. */
export function isSilent({ beat_at, heartbeat_seconds }: Session, now = Date.now()): boolean {
  const silent = beat_at ? (now - Date.parse(beat_at)) / 1000 : 0;
  return silent > heartbeat_seconds * 1.2 + 2;
}

/** A heart that missed a beat may only be late; what becomes of its seat is the plan's. */
function Beat({ session }: { session: Session }) {
  const { expires_in_seconds } = session;
  const left = expires_in_seconds == null ? '' : `, ${span(expires_in_seconds)} left`;
  return isSilent(session) ? <Status tone="warn">silent{left}</Status> : <Status tone="good">beating</Status>;
}

/** What may happen while its client is cut off, and for how long from now. */
function offlineOf({ offline, grace_until }: Session) {
  if (offline === 'strict' || !grace_until) return offline;
  const left = Math.max(0, (Date.parse(grace_until) - Date.now()) / 1000);
  return (
    <span title={`The latest token lets it go on until ${exact(grace_until)}`}>
      {offline}, {span(left >= 7200 ? Math.round(left / 3600) * 3600 : left)}
    </span>
  );
}

export const appOf = ({ client }: Session) =>
  [client?.app, client?.version].filter(Boolean).join(' ') || client?.sdk || null;

const HOST: Column<Session> = { label: 'Host', cell: (session) => <Host session={session} /> };
const PRODUCT: Column<Session> = {
  label: 'Product',
  wrap: true,
  cell: ({ product, plan }) => `${product.name} ${plan.name}`,
};
const CUSTOMER: Column<Session> = {
  label: 'Customer',
  wrap: true,
  cell: ({ customer, license }) => (
    <Link to="/licenses/$id" params={{ id: license }}>
      {customer.name}
    </Link>
  ),
};
const REST: Column<Session>[] = [
  { label: 'Application', cell: appOf },
  { label: 'Since', wide: true, cell: ({ granted_at }) => <Ago time={granted_at} often /> },
  { label: 'Last beat', cell: ({ beat_at }) => <Ago time={beat_at} often /> },
  { label: 'State', cell: (session) => <Beat session={session} /> },
  { label: 'Offline', wide: true, cell: offlineOf },
];

/** The columns of live seats, for those who see all of them, one customer's, or one license's. */
export function useSessionColumns(of: 'all' | 'customer' | 'license'): {
  columns: Column<Session>[];
  dialog: React.ReactNode;
} {
  const [ending, setEnding] = useState<Session | null>(null);
  const mayEnd = useMay().support;
  const account = useAccount();
  const isVendor = account?.customer === undefined;
  const person = account?.kind === 'token' ? undefined : account?.id;
  const columns = useMemo(() => {
    const named = { all: [HOST, CUSTOMER, PRODUCT], customer: [HOST, PRODUCT], license: [HOST] }[of];
    const end: Column<Session> = {
      label: '',
      align: 'right',
      cell: (session) =>
        (mayEnd || isOf(person, session)) && (
          <Button
            variant="default"
            size="compact-xs"
            onClick={() => setEnding(session)}
            aria-label={`${isVendor ? 'End the session' : 'Free the seat'} of ${hostOf(session)}`}
          >
            {isVendor ? 'End' : 'Free the seat'}
          </Button>
        ),
    };
    return [...named, ...REST, ...(mayEnd || person ? [end] : [])];
  }, [of, mayEnd, isVendor, person]);
  const close = () => setEnding(null);
  return { columns, dialog: ending && <EndSession session={ending} asOwn={!mayEnd} onClose={close} /> };
}

/** Rows that are told from outside: each draws itself again when it changed. */
export function LiveTable({ label, rows, columns }: { label: string; rows: LiveRows; columns: Column<Session>[] }) {
  const names = useNames(rows);
  return (
    <TableFrame label={label} columns={columns}>
      {names.map((name) => (
        <LiveRow key={name} name={name} rows={rows} columns={columns} />
      ))}
    </TableFrame>
  );
}

const LiveRow = memo(function LiveRow(props: { name: string; rows: LiveRows; columns: Column<Session>[] }) {
  const session = useRow(props.rows, props.name);
  return session && <Cells row={session} columns={props.columns} />;
});

/** Whether somebody took this seat in their own name. */
const isOf = (person: string | undefined, { user }: Session) => person !== undefined && user?.person === person;

function EndSession({ session, asOwn, onClose }: { session: Session; asOwn: boolean; onClose: () => void }) {
  const save = useSave({
    send: (reason: string, header) => {
      const said = { params: { path: { id: session.session }, header }, body: { reason } };
      return asOwn ? api.POST('/api/v1/me/sessions/{id}/revoke', said) : api.POST('/api/v1/sessions/{id}/revoke', said);
    },
    said: () => `The session of ${hostOf(session)} was ended.`,
    done: onClose,
  });
  return (
    <ReasonDialog title={`End the session of ${hostOf(session)}`} submit="End session" save={save} onClose={onClose}>
      Its seat is free at once, unless another session shares it. The application learns of it, and why, at its next
      heartbeat; it may ask for a seat again.
    </ReasonDialog>
  );
}
