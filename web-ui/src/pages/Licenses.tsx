import { Button, Select } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Schemas } from '../api/client';
import { queries } from '../api/queries';
import { useMayChange } from '../auth/login';
import { LicenseForm } from '../forms/LicenseForm';
import { NewKey } from '../forms/NewKey';
import { Filter } from '../ui/Filter';
import { licenseColumns } from '../ui/LicenseTable';
import { Empty, Page as Frame, Panel } from '../ui/parts';
import { PagedTable } from '../ui/Table';

const STATUSES: Schemas['Status'][] = ['active', 'suspended', 'expired', 'revoked', 'not_started'];

export function Page() {
  const [search, setSearch] = useState('');
  const [status, setStatus] = useState<Schemas['Status'] | null>(null);
  const [creating, setCreating] = useState(false);
  const [key, setKey] = useState<string | null>(null);
  const query = useInfiniteQuery({
    ...queries.licenses({ search, status: status ?? undefined }),
    refetchInterval: 10_000,
  });
  const mayChange = useMayChange();
  const create = mayChange && <Button onClick={() => setCreating(true)}>New license</Button>;
  return (
    <Frame title="Licenses" about="The right to a number of seats of a plan until a date" actions={create}>
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
          </>
        }
      >
        <PagedTable
          label="Licenses"
          query={query}
          id={({ id }) => id}
          columns={licenseColumns}
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
