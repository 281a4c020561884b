import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { type Plan, queries } from '../api/queries';
import { useMay } from '../auth/login';
import { PlanForm } from '../forms/PlanForm';
import { ProductForm } from '../forms/ProductForm';
import { Answered, Empty, Facts, Page as Frame, Id, PageOf, Panel } from '../ui/parts';
import { Table } from '../ui/Table';
import { written } from '../words/entitlements';
import { onDay, span } from '../words/time';

const BACK = { to: '/products', name: 'Products' } as const;

export function Page() {
  const { id } = useParams({ from: '/products/$id' });
  const product = useQuery(queries.product(id));
  const plans = useQuery(queries.allPlans);
  const [changing, setChanging] = useState(false);
  const [plan, setPlan] = useState<Plan | 'new' | null>(null);
  const mayChange = useMay().sell;
  return (
    <PageOf kind="Product" back={BACK} query={product}>
      {(product) => (
        <Frame
          title={product.name}
          back={BACK}
          actions={
            mayChange && (
              <>
                <Button variant="default" onClick={() => setChanging(true)}>
                  Change
                </Button>
                <Button onClick={() => setPlan('new')}>New plan</Button>
              </>
            )
          }
        >
          <Panel>
            <Facts
              wide={['Renewal address']}
              facts={{
                Code: <span className="mono">{product.code}</span>,
                'Keys begin with': <span className="mono">{product.key_prefix}-</span>,
                'Renewal address': product.renewal_url ?? '–',
                Since: onDay(product.created_at),
                Id: <Id value={product.id} />,
              }}
            />
          </Panel>
          <Panel title="Plans" flush>
            <Answered query={plans}>
              {({ items }) => {
                const own = items.filter((plan) => plan.product === product.id);
                if (own.length === 0) {
                  return (
                    <Empty
                      title="No plan yet"
                      action={mayChange && <Button onClick={() => setPlan('new')}>New plan</Button>}
                    >
                      A plan says how many seats there are and what happens without a network.
                    </Empty>
                  );
                }
                return (
                  <Table
                    label={`Plans of ${product.name}`}
                    rows={own}
                    id={({ id }) => id}
                    columns={[
                      { label: 'Plan', cell: ({ name }) => <b>{name}</b> },
                      { label: 'Code', cell: ({ code }) => <span className="mono">{code}</span> },
                      {
                        label: 'Seats',
                        align: 'right',
                        cell: ({ seats, overage_max }) => (overage_max ? `${seats} + ${overage_max}` : seats),
                      },
                      {
                        label: 'Heartbeat',
                        cell: ({ heartbeat_seconds, ttl_seconds }) =>
                          `${span(heartbeat_seconds)}, lost after ${span(ttl_seconds)}`,
                      },
                      {
                        label: 'Offline',
                        cell: ({ offline, grace_seconds }) =>
                          offline === 'strict' ? 'strict' : `${offline}, ${span(grace_seconds)}`,
                      },
                      {
                        label: 'Entitlements',
                        wrap: true,
                        cell: ({ entitlements }) => written(entitlements).split('\n').join(', ') || null,
                      },
                      {
                        label: '',
                        align: 'right',
                        cell: (plan) =>
                          mayChange ? (
                            <Button
                              variant="default"
                              size="compact-xs"
                              aria-label={`Change ${plan.name}`}
                              onClick={() => setPlan(plan)}
                            >
                              Change
                            </Button>
                          ) : null,
                      },
                    ]}
                  />
                );
              }}
            </Answered>
          </Panel>
          {changing && <ProductForm product={product} onClose={() => setChanging(false)} />}
          {plan && (
            <PlanForm product={product} plan={plan === 'new' ? undefined : plan} onClose={() => setPlan(null)} />
          )}
        </Frame>
      )}
    </PageOf>
  );
}
