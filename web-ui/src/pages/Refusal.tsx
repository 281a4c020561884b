import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type RefusalView, refusals } from '../api/analytics';
import { AssignToRefused } from '../ui/AssignSeat';
import { Ago, Empty, Facts, Page as Frame, Id, PageOf, Panel, Seats } from '../ui/parts';
import { Table } from '../ui/Table';
import { times, why } from '../words/refusals';
import { exact, span } from '../words/time';
import { Device } from './Refusals';

const BACK = { to: '/refusals', name: 'Refusals' } as const;

export function Page() {
  const { id } = useParams({ from: '/refusals/$id' });
  const refusal = useQuery(refusals.one(id));
  return (
    <PageOf kind="Refusal" back={BACK} query={refusal}>
      {(refusal) => <Shown refusal={refusal} />}
    </PageOf>
  );
}

function Shown({ refusal }: { refusal: RefusalView }) {
  const { reason, license, customer, customer_name, product, plan, at, first_at, tries } = refusal;
  const isOwn = reason === 'holder_limit_reached';
  const freed = isOwn ? 'A session of theirs ends by' : 'A seat is free by';
  return (
    <Frame
      title={why(refusal)}
      about={
        <>
          when{' '}
          <Link to="/customers/$id" params={{ id: customer }}>
            {customer_name}
          </Link>{' '}
          asked for a seat of{' '}
          <Link to="/licenses/$id" params={{ id: license }}>
            {product} {plan}
          </Link>
          , <Ago time={at} />
        </>
      }
      back={BACK}
    >
      <Panel>
        <Facts
          wide={['When', 'First tried', freed]}
          facts={{
            When: exact(at),
            ...(tries > 1 && { 'First tried': exact(first_at), Tried: times(tries) }),
            ...(refusal.limit != null && {
              [isOwn ? 'Their sessions then' : 'In use then']: (
                <Seats inUse={refusal.in_use ?? 0} limit={refusal.limit} />
              ),
            }),
            'In use now': <Seats inUse={refusal.now.in_use} limit={refusal.now.limit} />,
            ...(refusal.free_by &&
              refusal.limit !== 0 && { [freed]: `${exact(refusal.free_by)}, if its device stays silent` }),
            ...(refusal.email && { Who: refusal.email }),
            ...(refusal.host && { Host: refusal.host }),
            Holder: <Id value={refusal.holder} what="holder" />,
            Refusal: <Id value={refusal.id} what="the refusal's name" />,
            Code: <span className="mono">{refusal.code}</span>,
          }}
        />
      </Panel>
      <div className="split">
        <Panel title="What the client was told">
          <p className="say">{refusal.detail}</p>
        </Panel>
        <Panel title="What to do next">
          <ul className="steps">
            {refusal.next.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ul>
          <AssignToRefused refusal={refusal} />
          <p className="say">
            <Link to="/licenses/$id" params={{ id: license }}>
              The license
            </Link>
            {' · '}
            <Link to="/usage" search={{ license }}>
              Its usage
            </Link>
            {' · '}
            <Link to="/refusals" search={{ license }}>
              Its refusals
            </Link>
          </p>
        </Panel>
      </div>
      <Holders refusal={refusal} />
    </Frame>
  );
}

function Holders({ refusal: { holders, reason, at } }: { refusal: RefusalView }) {
  if (!holders) {
    return reason === 'seat_limit_reached' || reason === 'ghost_limit_reached' ? (
      <Panel title="Who held the seats">
        <Empty title="Not known any more">So much has happened since that it takes too long to find out.</Empty>
      </Panel>
    ) : null;
  }
  return (
    <Panel title="Who held the seats at that moment" flush>
      {holders.length === 0 ? (
        <Empty title="Nobody">
          {reason === 'ghost_limit_reached'
            ? 'All that counted were devices that had gone offline.'
            : 'The license has no seats.'}
        </Empty>
      ) : (
        <Table
          label="Holders"
          rows={holders}
          id={({ holder }) => holder}
          columns={[
            { label: 'Holder', cell: (holder) => <Device refusal={holder} /> },
            { label: 'Since', cell: ({ since }) => (since ? <Ago time={since} /> : null) },
            { label: 'Held for, by then', align: 'right', cell: ({ since }) => (since ? heldFor(since, at) : null) },
            { label: 'Sessions', align: 'right', cell: ({ sessions }) => sessions },
            { label: 'Until', cell: ({ ended_at }) => (ended_at ? <Ago time={ended_at} /> : 'still in use') },
          ]}
        />
      )}
    </Panel>
  );
}

const heldFor = (since: string, at: string) => span((Date.parse(at) - Date.parse(since)) / 1000);
