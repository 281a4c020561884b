import { Button } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { queries } from '../api/queries';
import { useMay } from '../auth/login';
import { ProductForm } from '../forms/ProductForm';
import { Filter } from '../ui/Filter';
import { Ago, Empty, Page as Frame, Panel } from '../ui/parts';
import { PagedTable } from '../ui/Table';

export function Page() {
  const [search, setSearch] = useState('');
  const [creating, setCreating] = useState(false);
  const query = useInfiniteQuery(queries.products(search));
  const plans = useQuery(queries.allPlans);
  const mayChange = useMay().sell;
  const create = mayChange && <Button onClick={() => setCreating(true)}>New product</Button>;
  const plansOf = (product: string) =>
    plans.data?.items.filter((plan) => plan.product === product).map(({ name }) => name);
  return (
    <Frame title="Products and plans" about="What is licensed, and the tiers that it is sold in" actions={create}>
      <Panel flush actions={<Filter label="Name or code" onChange={setSearch} />}>
        <PagedTable
          label="Products"
          query={query}
          id={({ id }) => id}
          columns={[
            {
              label: 'Product',
              cell: ({ id, name }) => (
                <Link to="/products/$id" params={{ id }}>
                  {name}
                </Link>
              ),
            },
            { label: 'Code', cell: ({ code }) => <span className="mono">{code}</span> },
            { label: 'Keys begin with', cell: ({ key_prefix }) => <span className="mono">{key_prefix}-</span> },
            { label: 'Plans', wrap: true, cell: ({ id }) => plansOf(id)?.join(', ') || null },
            { label: 'Since', cell: ({ created_at }) => <Ago time={created_at} /> },
          ]}
          empty={
            search ? (
              <Empty title={`No product matches "${search}"`} />
            ) : (
              <Empty title="No products yet" action={create}>
                A product has plans, a plan has seats, and a license is the right to them.
              </Empty>
            )
          }
        />
      </Panel>
      {creating && <ProductForm onClose={() => setCreating(false)} />}
    </Frame>
  );
}
