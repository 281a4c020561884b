import { Button, Select } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, body, type Schemas } from '../api/client';
import { type Order, queries, type Sorted } from '../api/queries';
import { useMay } from '../auth/login';
import { LicenseForm } from '../forms/LicenseForm';
import { NewKey } from '../forms/NewKey';
import { Export } from '../ui/Export';
import { Filter } from '../ui/Filter';
import { licenseColumns } from '../ui/LicenseTable';
import { Empty, Page as Frame, Panel } from '../ui/parts';
import { PagedTable, SortChoice } from '../ui/Table';
import { counted } from '../words/refusals';

const STATUSES: Schemas['Status'][] = ['active', 'suspended', 'expired', 'revoked', 'not_started'];

export function Page() {
  const [search, setSearch] = useState('');
  const [status, setStatus] = useState<Schemas['Status'] | null>(null);
  const [creating, setCreating] = useState(false);
  const [key, setKey] = useState<string | null>(null);
  const [sorted, setSorted] = useState<Sorted<Schemas['LicenseSort']>>({ sort: 'customer', order: 'asc' });
  const sorting = { ...sorted, onSort: (sort: typeof sorted.sort, order: Order) => setSorted({ sort, order }) };
  const filter = { search, status: status ?? undefined, ...sorted };
  const query = useInfiniteQuery({ ...queries.licenses(filter), refetchInterval: 10_000 });
  const total = query.data?.pages[0]?.total;
  const mayChange = useMay().sell;
  const create = mayChange && <Button onClick={() => setCreating(true)}>New license</Button>;
  return (
    <Frame
      title="Licenses"
      about={`${total == null ? 'E' : `${counted(total, 'license')}: e`}ach the right to a number of seats until a date`}
      actions={
        <>
          <Export
            name="licenses"
            read={(cursor) =>
              body(
                api.GET('/api/v1/licenses', {
                  params: { query: { ...filter, limit: 200, cursor, search: search || undefined } },
                }),
              )
            }
            columns={[
              ['Customer', ({ customer }) => customer.name],
              ['Reference', ({ customer }) => customer.reference],
              ['Product', ({ product }) => product.name],
              ['Plan', ({ plan }) => plan.name],
              ['Status', ({ status }) => status],
              ['Seats in use', ({ seats }) => seats.in_use],
              ['Seats', ({ seats }) => seats.limit],
              ['Ghosts', ({ seats }) => seats.ghosts],
              ['From', ({ starts_at }) => starts_at],
              ['Ends', ({ expires_at }) => expires_at],
              ['Key ends with', ({ key_hint }) => key_hint],
              ['Id', ({ id }) => id],
            ]}
          />
          {create}
        </>
      }
    >
      <Panel
        flush
        actions={
          <>
            <Filter label="Customer, or the end of a key" onChange={setSearch} />
            <Select
              size="xs"
              w={130}
              clearable
              placeholder="Any status"
              aria-label="Status"
              data={STATUSES.map((status) => ({ value: status, label: status.replace('_', ' ') }))}
              value={status}
              onChange={(value) => setStatus(value as Schemas['Status'] | null)}
            />
            <SortChoice columns={licenseColumns} sorting={sorting} />
          </>
        }
      >
        <PagedTable
          label="Licenses"
          query={query}
          id={({ id }) => id}
          columns={licenseColumns}
          sorting={sorting}
          empty={
            search || status ? (
              <Empty title="No license matches" />
            ) : (
              <Empty title="No licenses yet" action={create}>
                It takes a plan of a product, and a customer.
              </Empty>
            )
          }
        />
      </Panel>
      {creating && <LicenseForm onClose={() => setCreating(false)} onDone={({ license_key }) => setKey(license_key)} />}
      <NewKey license={key} onClose={() => setKey(null)} />
    </Frame>
  );
}
