// Live seats as they are: the newest of them, kept up by what the server tells.
import { Button, Center } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { api, body } from '../api/client';
import type { SessionFilter } from '../api/queries';
import { useSessionStream, type Watching } from '../api/stream';
import { counted } from '../words/refusals';
import { Answered, Empty, Status } from './parts';
import { LiveTable, useSessionColumns } from './Sessions';
import { LiveRows, useNames } from './seats';

const PAGE = 100;
/** More rows than these are looked for by their names. */
const MOST = 1000;
/** How often the list is read again at most, however often the stream asks for it. */
const READ_AGAIN_MS = 3000;
/** How often it is read while nothing is told. */
const ASK_MS = 5000;

export const WATCHING: { [now in Watching]: React.ReactNode } = {
  beginning: <Status tone="quiet">Connecting</Status>,
  live: <Status tone="good">Live</Status>,
  lost: <Status tone="warn">Not live at the moment; connecting again</Status>,
};

export function LiveSeats(props: {
  label: string;
  filter: SessionFilter;
  of: 'all' | 'customer' | 'license';
  empty: React.ReactNode;
  /** Told whether it is live, and how many there are as far as that is known, such as "3 sessions". */
  onState?: (now: Watching, count: string | null) => void;
}) {
  const [most, setMost] = useState(PAGE);
  const key = JSON.stringify(props.filter);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other rows for another question
  const rows = useMemo(() => new LiveRows(most), [key, most]);
  const { columns, dialog } = useSessionColumns(props.of);
  const [isLost, setIsLost] = useState(false);
  const list = useQuery({
    queryKey: ['sessions', 'live', props.filter, most],
    queryFn: () => newest(props.filter, most),
    placeholderData: keepPreviousData,
    // What is not told has to be asked for.
    refetchInterval: isLost && ASK_MS,
  });
  const { data, refetch } = list;
  useLayoutEffect(() => {
    if (data) rows.replace(data.items);
  }, [data, rows]);
  const again = useRef(0);
  const readAgain = useCallback(() => {
    const due = again.current + READ_AGAIN_MS - Date.now();
    again.current = Date.now() + Math.max(0, due);
    setTimeout(() => void refetch(), Math.max(0, due));
  }, [refetch]);
  const now = useSessionStream(props.filter, { ready: readAgain, changes: (events) => rows.change(events) });
  const names = useNames(rows);
  const more = data?.next_cursor != null && names.length >= most;
  const count =
    data === undefined
      ? null
      : more
        ? `${data.total?.toLocaleString('en') ?? `more than ${names.length}`} sessions`
        : counted(names.length, 'session');
  const { onState } = props;
  useEffect(() => {
    setIsLost(now === 'lost');
    onState?.(now, count);
  }, [onState, now, count]);
  return (
    <>
      <Answered query={list}>
        {() => (names.length === 0 ? props.empty : <LiveTable label={props.label} rows={rows} columns={columns} />)}
      </Answered>
      {more && most < MOST && (
        <Center p="sm">
          <Button variant="default" loading={list.isFetching} onClick={() => setMost(Math.min(MOST, most * 3))}>
            Show more
          </Button>
        </Center>
      )}
      {more && most >= MOST && <Empty title="There are more">Narrow them down to find what you look for.</Empty>}
      {dialog}
    </>
  );
}

/** The newest sessions, as many as are wanted. */
async function newest(filter: SessionFilter, most: number) {
  const read = (limit: number, cursor?: string) =>
    body(
      api.GET('/api/v1/sessions', { params: { query: { ...filter, sort: 'granted', order: 'desc', limit, cursor } } }),
    );
  const first = await read(Math.min(most, 200));
  const items = [...first.items];
  let next = first.next_cursor;
  while (next && items.length < most) {
    const page = await read(Math.min(200, most - items.length), next);
    items.push(...page.items);
    next = page.next_cursor;
  }
  return { items, next_cursor: next, total: first.total };
}
