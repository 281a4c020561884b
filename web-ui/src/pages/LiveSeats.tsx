import { TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '../api/queries';
import { Empty, Page as Frame, Panel, Status } from '../ui/parts';
import { type SeatedSession, useSeated, useSessionColumns } from '../ui/Sessions';
import { PagedTable } from '../ui/Table';

const wordsOf = ({ client, session, holder, of }: SeatedSession) =>
  [...Object.values(client ?? {}), session, holder, of?.customer.name, of?.product.name, of?.plan.name]
    .join(' ')
    .toLowerCase();

export function Page() {
  const query = useInfiniteQuery({ ...queries.sessions(), refetchInterval: 2000 });
  const all = useSeated(query.data?.pages.flatMap(({ items }) => items) ?? []);
  const [text, setText] = useState('');
  const { columns, dialog } = useSessionColumns(true);
  const rows = all.filter((session) => wordsOf(session).includes(text.trim().toLowerCase()));
  const count = `${all.length}${query.hasNextPage ? ' of more' : ''} live`;
  return (
    <Frame
      title="Live seats"
      about={
        query.error ? (
          'Not live at the moment'
        ) : (
          <Status tone="good">{query.data ? `${count}, fresh every two seconds` : 'Looking'}</Status>
        )
      }
    >
      <Panel
        flush
        actions={
          <TextInput
            className="filter"
            size="xs"
            placeholder="Host, customer, product …"
            aria-label="Narrow down"
            leftSection={<IconSearch size={14} aria-hidden />}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        }
      >
        <PagedTable
          label="Live seats"
          query={{ ...query, data: query.data && { pages: [{ items: rows }] } }}
          id={({ session }) => session}
          columns={columns}
          empty={
            text ? (
              <Empty title={`No live seat matches "${text}"`} />
            ) : (
              <Empty title="Nobody holds a seat">As soon as an application takes one, it appears here by itself.</Empty>
            )
          }
        />
      </Panel>
      {dialog}
    </Frame>
  );
}
