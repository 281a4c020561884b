// One box for everything: pages, customers, licenses and products.
import '@mantine/spotlight/styles.css';
import { useDebouncedValue } from '@mantine/hooks';
import { createSpotlight, Spotlight } from '@mantine/spotlight';
import { IconBuildingStore, IconLicense, IconPackage, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { api } from '../api/client';
import { PLACES } from './places';

const FEW = 5;

// It closes itself by its own store alone: by Esc, by a click beside it, and when something was chosen.
const [store, spotlight] = createSpotlight();

export function Search({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text.trim(), 150);
  const navigate = useNavigate();
  useEffect(() => {
    if (open) spotlight.open();
  }, [open]);
  const found = useQuery({
    queryKey: ['search', asked],
    enabled: asked.length > 1,
    queryFn: async () => {
      const params = { params: { query: { search: asked, limit: FEW } } };
      const [customers, licenses, products] = await Promise.all([
        api.GET('/api/v1/customers', params),
        api.GET('/api/v1/licenses', params),
        api.GET('/api/v1/products', params),
      ]);
      return {
        customers: customers.data?.items ?? [],
        licenses: licenses.data?.items ?? [],
        products: products.data?.items ?? [],
      };
    },
  });
  const places = PLACES.filter(({ name }) => name.toLowerCase().includes(text.trim().toLowerCase()));
  const { customers = [], licenses = [], products = [] } = found.data ?? {};
  const nothing = places.length + customers.length + licenses.length + products.length === 0;
  return (
    <Spotlight.Root
      query={text}
      onQueryChange={setText}
      store={store}
      onSpotlightClose={onClose}
      shortcut={null}
      attributes={{ content: { 'aria-label': 'Search' } }}
      scrollable
      maxHeight={420}
    >
      <Spotlight.Search
        placeholder="Customers, licenses, the last characters of a key, pages …"
        aria-label="Search"
        leftSection={<IconSearch size={16} aria-hidden />}
      />
      <Spotlight.ActionsList>
        {customers.map(({ id, name, reference }) => (
          <Spotlight.Action
            key={id}
            label={name}
            description={reference ?? 'Customer'}
            leftSection={<IconBuildingStore size={18} stroke={1.6} aria-hidden />}
            onClick={() => navigate({ to: '/customers/$id', params: { id } })}
          />
        ))}
        {licenses.map(({ id, customer, product, plan, key_hint }) => (
          <Spotlight.Action
            key={id}
            label={`${customer.name}: ${product.name} ${plan.name}`}
            description={`License …${key_hint}`}
            leftSection={<IconLicense size={18} stroke={1.6} aria-hidden />}
            onClick={() => navigate({ to: '/licenses/$id', params: { id } })}
          />
        ))}
        {products.map(({ id, name, code }) => (
          <Spotlight.Action
            key={id}
            label={name}
            description={`Product ${code}`}
            leftSection={<IconPackage size={18} stroke={1.6} aria-hidden />}
            onClick={() => navigate({ to: '/products/$id', params: { id } })}
          />
        ))}
        {places.map(({ to, name, key, icon: Icon }) => (
          <Spotlight.Action
            key={to}
            label={name}
            leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
            rightSection={<span className="dim keys">g {key}</span>}
            onClick={() => navigate({ to })}
          />
        ))}
        {nothing && <Spotlight.Empty>{found.isFetching ? 'Looking …' : 'Nothing is called so.'}</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
