import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, body, type Schemas } from '../api/client';
import { type Customer, type Order, queries, type Sorted } from '../api/queries';
import { useMay } from '../auth/login';
import { CustomerForm } from '../forms/CustomerForm';
import { Export } from '../ui/Export';
import { Filter } from '../ui/Filter';
import { Ago, Copy, Empty, Page as Frame, Panel, Seats } from '../ui/parts';
import { type Column, PagedTable, SortChoice } from '../ui/Table';
import { counted } from '../words/refusals';

const columns: Column<Customer, Schemas['CustomerSort']>[] = [
  {
    label: 'Name',
    sort: 'name',
    cell: ({ id, name }) => (
      <Link to="/customers/$id" params={{ id }}>
        {name}
      </Link>
    ),
  },
  {
    label: 'Reference',
    cell: ({ reference }) =>
      reference ? (
        <span className="id">
          {reference} <Copy value={reference} what="reference" />
        </span>
      ) : null,
  },
  { label: 'E-mail', wide: true, cell: ({ email }) => email ?? null },
  { label: 'Licenses', align: 'right', sort: 'licenses', first: 'desc', cell: ({ holding }) => holding.licenses },
  {
    label: 'Seats',
    sort: 'in_use',
    first: 'desc',
    cell: ({ holding }) =>
      holding.limit > 0 || holding.in_use > 0 ? <Seats inUse={holding.in_use} limit={holding.limit} /> : null,
  },
  { label: 'Since', sort: 'created', first: 'desc', cell: ({ created_at }) => <Ago time={created_at} /> },
];

export function Page() {
  const [search, setSearch] = useState('');
  const [creating, setCreating] = useState(false);
  const [sorted, setSorted] = useState<Sorted<Schemas['CustomerSort']>>({ sort: 'name', order: 'asc' });
  const sorting = { ...sorted, onSort: (sort: typeof sorted.sort, order: Order) => setSorted({ sort, order }) };
  const query = useInfiniteQuery(queries.customers(search, sorted));
  const total = query.data?.pages[0]?.total;
  const navigate = useNavigate();
  const mayChange = useMay().sell;
  return (
    <Frame
      title="Customers"
      about={`${total == null ? 'O' : `${counted(total, 'customer')}: o`}rganisations and people that hold licenses`}
      actions={
        <>
          <Export
            name="customers"
            read={(cursor) =>
              body(
                api.GET('/api/v1/customers', {
                  params: { query: { limit: 200, cursor, search: search || undefined, ...sorted } },
                }),
              )
            }
            columns={[
              ['Name', ({ name }) => name],
              ['Reference', ({ reference }) => reference],
              ['E-mail', ({ email }) => email],
              ['Licenses', ({ holding }) => holding.licenses],
              ['Seats in use', ({ holding }) => holding.in_use],
              ['Seats', ({ holding }) => holding.limit],
              ['Since', ({ created_at }) => created_at],
              ['Id', ({ id }) => id],
            ]}
          />
          {mayChange && <Button onClick={() => setCreating(true)}>New customer</Button>}
        </>
      }
    >
      <Panel
        flush
        actions={
          <>
            <Filter label="Name, e-mail or reference" onChange={setSearch} />
            <SortChoice columns={columns} sorting={sorting} />
          </>
        }
      >
        <PagedTable
          label="Customers"
          query={query}
          id={({ id }) => id}
          columns={columns}
          sorting={sorting}
          empty={
            search ? (
              <Empty title={`No customer matches "${search}"`} />
            ) : (
              <Empty
                title="No customers yet"
                action={mayChange && <Button onClick={() => setCreating(true)}>New customer</Button>}
              >
                A customer is who a license is made out to.
              </Empty>
            )
          }
        />
      </Panel>
      {creating && (
        <CustomerForm
          onClose={() => setCreating(false)}
          onDone={({ id }) => navigate({ to: '/customers/$id', params: { id } })}
        />
      )}
    </Frame>
  );
}
