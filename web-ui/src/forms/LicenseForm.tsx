import { NumberInput, Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, type Schemas } from '../api/client';
import { type Customer, queries } from '../api/queries';
import { useSave } from '../api/save';
import { FormDialog } from '../ui/dialogs';
import { endOfDay } from '../words/time';

type Made = Schemas['LicenseWithKey'];

export function LicenseForm(props: { customer?: Customer; onClose: () => void; onDone: (license: Made) => void }) {
  const plans = useQuery(queries.allPlans);
  const [search, setSearch] = useState(props.customer?.name ?? '');
  const [asked] = useDebouncedValue(search, 200);
  const customers = useInfiniteQuery(queries.customers(asked));
  const form = useForm({
    initialValues: { customer: props.customer?.id ?? '', plan: '', seats: '' as number | '', until: '' },
    validate: {
      customer: (value) => (value ? null : 'Choose who it is for.'),
      plan: (value) => (value ? null : 'Choose a plan.'),
    },
  });
  const save = useSave({
    send: ({ customer, plan, seats, until }: typeof form.values, header) =>
      api.POST('/api/v1/licenses', {
        params: { header },
        body: { customer, plan, seats: seats === '' ? null : seats, expires_at: until ? endOfDay(until) : null },
      }),
    done: (license) => {
      props.onClose();
      props.onDone(license);
    },
  });
  const found = customers.data?.pages.flatMap(({ items }) => items) ?? [];
  const choice = props.customer ? [props.customer] : found;
  const plan = plans.data?.items.find(({ id }) => id === form.values.plan);
  const products = [...new Set(plans.data?.items.map(({ product_code }) => product_code))];
  return (
    <FormDialog
      title="New license"
      submit="Create license"
      busy={save.isPending}
      error={save.error ?? plans.error}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      onClose={props.onClose}
    >
      <Select
        label="Customer"
        placeholder="Search by name, e-mail or reference"
        searchable
        disabled={Boolean(props.customer)}
        nothingFoundMessage="No customer is called so"
        searchValue={search}
        onSearchChange={setSearch}
        filter={({ options }) => options}
        data={choice.map(({ id, name, reference }) => ({
          value: id,
          label: reference ? `${name} (${reference})` : name,
        }))}
        {...form.getInputProps('customer')}
      />
      <Select
        label="Plan"
        placeholder="Choose a plan"
        searchable
        nothingFoundMessage="No such plan"
        data={products.map((product) => ({
          group: product,
          items: (plans.data?.items ?? [])
            .filter(({ product_code }) => product_code === product)
            .map(({ id, name }) => ({ value: id, label: name })),
        }))}
        {...form.getInputProps('plan')}
      />
      <NumberInput
        label="Seats"
        description={plan ? `Left empty, the plan's own number: ${plan.seats}.` : "Left empty, the plan's own number."}
        min={0}
        {...form.getInputProps('seats')}
      />
      <TextInput
        label="Until"
        description="The last day. Left empty, it has no end."
        type="date"
        {...form.getInputProps('until')}
      />
    </FormDialog>
  );
}
