import { useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { api, body } from '../api/client';
import { queries, type Session } from '../api/queries';
import type { Watching } from '../api/stream';
import { Export } from '../ui/Export';
import { Filter } from '../ui/Filter';
import { LiveSeats, WATCHING } from '../ui/LiveSeats';
import { Empty, Page as Frame, Panel } from '../ui/parts';
import { appOf, hostOf } from '../ui/Sessions';
import { health } from '../words/cluster';
import type { Columns } from '../words/csv';

export const sessionColumns: Columns<Session> = [
  ['Host', hostOf],
  ['Customer', ({ customer }) => customer.name],
  ['Product', ({ product }) => product.name],
  ['Plan', ({ plan }) => plan.name],
  ['Application', appOf],
  ['Since', ({ granted_at }) => granted_at],
  ['Last beat', ({ beat_at }) => beat_at],
  ['Offline', ({ offline }) => offline],
  ['Session', ({ session }) => session],
  ['License', ({ license }) => license],
];

export function Page() {
  const [search, setSearch] = useState('');
  const [{ now, count }, setState] = useState<{ now: Watching; count: string | null }>({
    now: 'beginning',
    count: null,
  });
  const onState = useCallback((now: Watching, count: string | null) => setState({ now, count }), []);
  const cluster = useQuery(queries.cluster).data;
  // A node without a leader keeps up its stream, and has nothing to tell.
  const isLed = !cluster || health(cluster).tone !== 'bad';
  return (
    <Frame
      title="Live seats"
      about={
        <span className="row">
          {WATCHING[isLed ? now : 'lost']} <span>{count}</span>
        </span>
      }
      actions={
        <Export
          name="live-seats"
          read={(cursor) =>
            body(
              api.GET('/api/v1/sessions', {
                params: { query: { limit: 200, cursor, order: 'desc', search: search || undefined } },
              }),
            )
          }
          columns={sessionColumns}
        />
      }
    >
      <Panel flush actions={<Filter label="Host, customer, product or key" onChange={setSearch} />}>
        <LiveSeats
          label="Live seats"
          of="all"
          filter={{ search: search || undefined }}
          onState={onState}
          empty={
            search ? (
              <Empty title={`No live seat matches "${search}"`} />
            ) : (
              <Empty title="Nobody holds a seat">As soon as an application takes one, it appears here by itself.</Empty>
            )
          }
        />
      </Panel>
    </Frame>
  );
}
