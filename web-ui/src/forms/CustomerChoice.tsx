// One of the customers, found by what is typed.
import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '../api/queries';

export function CustomerChoice(props: { value: string; error: React.ReactNode; onChange: (customer: string) => void }) {
  const [search, setSearch] = useState('');
  const [asked] = useDebouncedValue(search, 200);
  const customers = useInfiniteQuery(queries.customers(asked));
  const chosen = useQuery({ ...queries.customer(props.value), enabled: props.value !== '' }).data;
  const found = customers.data?.pages.flatMap(({ items }) => items) ?? [];
  // Who is chosen has a name though they be not among those that were found.
  const known = chosen && !found.some(({ id }) => id === chosen.id) ? [chosen, ...found] : found;
  return (
    <Select
      label="Customer"
      placeholder="Search by name, e-mail or reference"
      searchable
      nothingFoundMessage="No customer is called so"
      onSearchChange={setSearch}
      filter={({ options }) => options}
      data={known.map(({ id, name }) => ({ value: id, label: name }))}
      value={props.value || null}
      error={props.error}
      onChange={(value) => props.onChange(value ?? '')}
    />
  );
}
