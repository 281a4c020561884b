import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { queries } from '../api/queries';
import { useMayChange } from '../auth/login';
import { CustomerForm } from '../forms/CustomerForm';
import { Filter } from '../ui/Filter';
import { Ago, Copy, Empty, Page as Frame, Panel } from '../ui/parts';
import { PagedTable } from '../ui/Table';

export function Page() {
  const [search, setSearch] = useState('');
  const [creating, setCreating] = useState(false);
  const query = useInfiniteQuery(queries.customers(search));
  const navigate = useNavigate();
  const mayChange = useMayChange();
  return (
    <Frame
      title="Customers"
      about="Organisations and people that hold licenses"
      actions={mayChange && <Button onClick={() => setCreating(true)}>New customer</Button>}
    >
      <Panel flush actions={<Filter label="Name, e-mail or reference" onChange={setSearch} />}>
        <PagedTable
          label="Customers"
          query={query}
          id={({ id }) => id}
          columns={[
            {
              label: 'Name',
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
            { label: 'E-mail', cell: ({ email }) => email ?? null },
            { label: 'Since', cell: ({ created_at }) => <Ago time={created_at} /> },
          ]}
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
