// Which of a customer's devices run what, now.
import { useCallback, useState } from 'react';
import { api, body } from '../../api/client';
import type { Watching } from '../../api/stream';
import { useMay } from '../../auth/login';
import { Export } from '../../ui/Export';
import { Filter } from '../../ui/Filter';
import { LiveSeats, WATCHING } from '../../ui/LiveSeats';
import { Empty, Page as Frame, Panel } from '../../ui/parts';
import { sessionColumns } from '../LiveSeats';

export function Page() {
  const [search, setSearch] = useState('');
  const [now, setNow] = useState<Watching>('beginning');
  const mayFree = useMay().support;
  const onState = useCallback((now: Watching) => setNow(now), []);
  return (
    <Frame
      title="Seats now"
      about={
        <span className="row">
          {WATCHING[now]}
          <span>
            {mayFree
              ? 'A device that was left running gives its seat back when you free it.'
              : 'You can free the seats that were taken in your name; a team admin can free any.'}
          </span>
        </span>
      }
      actions={
        <Export
          name="seats"
          read={(cursor) =>
            body(api.GET('/api/v1/sessions', { params: { query: { limit: 200, cursor, order: 'desc' } } }))
          }
          columns={sessionColumns}
        />
      }
    >
      <Panel flush actions={<Filter label="Device, application, product" onChange={setSearch} />}>
        <LiveSeats
          label="Seats now"
          of="customer"
          filter={{ search: search || undefined }}
          onState={onState}
          empty={
            search ? (
              <Empty title={`No device matches "${search}"`} />
            ) : (
              <Empty title="Nobody holds a seat">Whoever starts an application appears here by themselves.</Empty>
            )
          }
        />
      </Panel>
    </Frame>
  );
}
