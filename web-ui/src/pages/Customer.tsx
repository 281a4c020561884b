import { Button } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { queries } from '../api/queries';
import { useMay } from '../auth/login';
import { CustomerForm } from '../forms/CustomerForm';
import { LicenseForm } from '../forms/LicenseForm';
import { NewKey } from '../forms/NewKey';
import { licenseColumnsOfOne } from '../ui/LicenseTable';
import { Ago, Copy, Empty, Facts, Page as Frame, Id, PageOf, Panel } from '../ui/parts';
import { PagedTable } from '../ui/Table';

const BACK = { to: '/customers', name: 'Customers' } as const;

export function Page() {
  const { id } = useParams({ from: '/customers/$id' });
  const customer = useQuery(queries.customer(id));
  const licenses = useInfiniteQuery({ ...queries.licenses({ customer: id }), refetchInterval: 10_000 });
  const [open, setOpen] = useState<'change' | 'license' | null>(null);
  const [key, setKey] = useState<string | null>(null);
  const mayChange = useMay().sell;
  return (
    <PageOf kind="Customer" back={BACK} query={customer}>
      {(customer) => (
        <Frame
          title={customer.name}
          back={BACK}
          actions={
            mayChange && (
              <>
                <Button variant="default" onClick={() => setOpen('change')}>
                  Change
                </Button>
                <Button onClick={() => setOpen('license')}>New license</Button>
              </>
            )
          }
        >
          <Panel>
            <Facts
              wide={['E-mail']}
              facts={{
                'E-mail': customer.email ? (
                  <span className="id">
                    <a href={`mailto:${customer.email}`}>{customer.email}</a>
                    <Copy value={customer.email} what="e-mail address" />
                  </span>
                ) : (
                  '–'
                ),
                Reference: customer.reference ?? '–',
                Since: <Ago time={customer.created_at} />,
                Id: <Id value={customer.id} />,
              }}
            />
          </Panel>
          <Panel title="Licenses" flush>
            <PagedTable
              label={`Licenses of ${customer.name}`}
              query={licenses}
              id={({ id }) => id}
              columns={licenseColumnsOfOne}
              empty={
                <Empty
                  title="No license yet"
                  action={mayChange && <Button onClick={() => setOpen('license')}>New license</Button>}
                >
                  Its key is what an application takes seats with.
                </Empty>
              }
            />
          </Panel>
          {open === 'change' && <CustomerForm customer={customer} onClose={() => setOpen(null)} />}
          {open === 'license' && (
            <LicenseForm
              customer={customer}
              onClose={() => setOpen(null)}
              onDone={({ license_key }) => setKey(license_key)}
            />
          )}
          <NewKey license={key} onClose={() => setKey(null)} />
        </Frame>
      )}
    </PageOf>
  );
}
