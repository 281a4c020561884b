// What the pages read. A list that is needed as a whole is walked page by page, up to a bound that its reader is told.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, body, type Schemas } from './client';

export const PAGE = 50;
const WHOLE_PAGE = 200;
const WHOLE_MAX = 2000;

export type License = Schemas['License'];
export type Assignment = Schemas['Assignment'];
export type Session = Schemas['Session'];
export type Plan = Schemas['Plan'];
export type Product = Schemas['Product'];
export type Customer = Schemas['Customer'];
export type Token = Schemas['Token'];
export type Record = Schemas['Record'];
export type UsageHour = Schemas['UsageHour'];
export type Cluster = Schemas['ClusterView'];
export type NodeFacts = Schemas['NodeFacts'];
export type Person = Schemas['Person'];
export type Branding = Schemas['Branding'];
export type Retention = Schemas['Retention'];
export type Provider = Schemas['IdentityProvider'];
export type Summary = Schemas['Summary'];
export type Order = Schemas['Order'];

/** What a list is sorted by, and which way. */
export interface Sorted<Key extends string> {
  sort: Key;
  order: Order;
}

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
  total?: number | null;
}

/** A list, whole or up to a bound. */
export interface Whole<T> {
  items: T[];
  complete: boolean;
}

export async function whole<T>(read: (cursor?: string) => Promise<Page<T>>, most = WHOLE_MAX): Promise<Whole<T>> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor && items.length < most);
  return { items, complete: !cursor };
}

function pages<T>(key: unknown[], read: (cursor?: string) => Promise<Page<T>>) {
  return infiniteQueryOptions({
    queryKey: key,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

const some = (text?: string) => text || undefined;

export const queries = {
  cluster: queryOptions({
    queryKey: ['cluster'],
    queryFn: () => body(api.GET('/api/v1/cluster')),
    refetchInterval: 3000,
  }),
  node: (id: number) =>
    queryOptions({
      queryKey: ['cluster', 'node', id],
      queryFn: () => body(api.GET('/api/v1/cluster/nodes/{id}', { params: { path: { id } } })),
      refetchInterval: 5000,
    }),
  summary: queryOptions({
    queryKey: ['summary'],
    queryFn: () => body(api.GET('/api/v1/summary')),
    refetchInterval: 5000,
  }),
  branding: queryOptions({
    queryKey: ['branding'],
    queryFn: () => body(api.GET('/api/v1/branding')),
    staleTime: 60_000,
  }),
  retention: queryOptions({
    queryKey: ['retention'],
    queryFn: () => body(api.GET('/api/v1/retention')),
  }),
  people: (
    filter: { search?: string; role?: Schemas['RoleName']; customer?: string } = {},
    sorted: Sorted<Schemas['PersonSort']> = { sort: 'name', order: 'asc' },
  ) =>
    pages(['people', { ...filter, ...sorted }], (cursor) =>
      body(
        api.GET('/api/v1/people', {
          params: { query: { limit: PAGE, cursor, ...filter, search: some(filter.search), ...sorted } },
        }),
      ),
    ),
  /** Everybody, to tell whom something concerns. */
  allPeople: queryOptions({
    queryKey: ['people', 'all'],
    queryFn: () =>
      whole((cursor) => body(api.GET('/api/v1/people', { params: { query: { limit: WHOLE_PAGE, cursor } } }))),
  }),
  providers: queryOptions({
    queryKey: ['identity-providers'],
    queryFn: () =>
      whole((cursor) =>
        body(api.GET('/api/v1/identity-providers', { params: { query: { limit: WHOLE_PAGE, cursor } } })),
      ),
  }),
  logins: queryOptions({ queryKey: ['logins'], queryFn: () => body(api.GET('/api/v1/logins')) }),
  joinTokens: queryOptions({
    queryKey: ['join-tokens'],
    queryFn: () =>
      whole((cursor) => body(api.GET('/api/v1/cluster/join-tokens', { params: { query: { limit: 200, cursor } } }))),
  }),

  products: (search = '') =>
    pages(['products', { search }], (cursor) =>
      body(api.GET('/api/v1/products', { params: { query: { limit: PAGE, cursor, search: some(search) } } })),
    ),
  allProducts: queryOptions({
    queryKey: ['products', 'all'],
    queryFn: () =>
      whole((cursor) => body(api.GET('/api/v1/products', { params: { query: { limit: WHOLE_PAGE, cursor } } }))),
  }),
  product: (id: string) =>
    queryOptions({
      queryKey: ['products', id],
      queryFn: () => body(api.GET('/api/v1/products/{id}', { params: { path: { id } } })),
    }),
  allPlans: queryOptions({
    queryKey: ['plans', 'all'],
    queryFn: () =>
      whole((cursor) => body(api.GET('/api/v1/plans', { params: { query: { limit: WHOLE_PAGE, cursor } } }))),
  }),

  customers: (search = '', sorted: Sorted<Schemas['CustomerSort']> = { sort: 'name', order: 'asc' }, limit = PAGE) =>
    pages(['customers', { search, ...sorted }], (cursor) =>
      body(api.GET('/api/v1/customers', { params: { query: { limit, cursor, search: some(search), ...sorted } } })),
    ),
  customer: (id: string) =>
    queryOptions({
      queryKey: ['customers', id],
      queryFn: () => body(api.GET('/api/v1/customers/{id}', { params: { path: { id } } })),
    }),

  licenses: (filter: {
    search?: string;
    status?: Schemas['Status'];
    customer?: string;
    plan?: string;
    product?: string;
    sort?: Schemas['LicenseSort'];
    order?: Order;
  }) =>
    pages(['licenses', filter], (cursor) =>
      body(
        api.GET('/api/v1/licenses', {
          params: { query: { limit: PAGE, cursor, ...filter, search: some(filter.search) } },
        }),
      ),
    ),
  allLicenses: queryOptions({
    queryKey: ['licenses', 'all'],
    queryFn: () =>
      whole((cursor) => body(api.GET('/api/v1/licenses', { params: { query: { limit: WHOLE_PAGE, cursor } } }))),
    staleTime: 10_000,
  }),
  /** A plan's licenses, to tell whom its terms concern. */
  licensesOf: (plan: string) =>
    queryOptions({
      queryKey: ['licenses', 'of', plan],
      queryFn: () =>
        whole((cursor) =>
          body(api.GET('/api/v1/licenses', { params: { query: { plan, limit: WHOLE_PAGE, cursor } } })),
        ),
    }),
  license: (id: string) =>
    queryOptions({
      queryKey: ['licenses', id],
      queryFn: () => body(api.GET('/api/v1/licenses/{id}', { params: { path: { id } } })),
    }),
  assignments: (id: string, search = '') =>
    pages(['assignments', id, search], (cursor) =>
      body(
        api.GET('/api/v1/licenses/{id}/assignments', {
          params: { path: { id }, query: { limit: WHOLE_PAGE, cursor, search: some(search) } },
        }),
      ),
    ),
  usage: (id: string, hours: number) =>
    queryOptions({
      queryKey: ['usage', id, hours],
      queryFn: () => {
        const from = new Date(Date.now() - (hours - 1) * 3_600_000).toISOString();
        return whole((cursor) =>
          body(
            api.GET('/api/v1/licenses/{id}/usage', {
              params: { path: { id }, query: { limit: WHOLE_PAGE, cursor, from } },
            }),
          ),
        );
      },
      placeholderData: keepPreviousData,
      refetchInterval: 30_000,
    }),

  sessions: (filter: SessionFilter & Partial<Sorted<Schemas['SessionSort']>>, limit = WHOLE_PAGE) =>
    pages(['sessions', filter], (cursor) =>
      body(
        api.GET('/api/v1/sessions', { params: { query: { limit, cursor, ...filter, search: some(filter.search) } } }),
      ),
    ),

  tokens: pages(['tokens'], (cursor) =>
    body(api.GET('/api/v1/tokens', { params: { query: { limit: PAGE, cursor } } })),
  ),

  audit: (filter: AuditFilter) =>
    infiniteQueryOptions({
      queryKey: ['audit', filter],
      queryFn: ({ pageParam }) => newestFirst(filter, PAGE, pageParam),
      initialPageParam: undefined as number | undefined,
      getNextPageParam: (page) => page.next_before ?? undefined,
      placeholderData: keepPreviousData,
    }),
  /** The newest records of a kind. */
  latest: (filter: AuditFilter, count: number) =>
    queryOptions({
      queryKey: ['audit', 'latest', filter, count],
      queryFn: () => newestFirst(filter, count),
      refetchInterval: 5000,
    }),
};

export interface SessionFilter {
  license?: string;
  customer?: string;
  product?: string;
  search?: string;
}

export interface AuditFilter {
  event?: Schemas['EventKind'];
  command?: string;
  actor?: string;
  about?: string;
  from?: string;
  to?: string;
}

const newestFirst = (filter: AuditFilter, limit: number, before?: number) =>
  body(api.GET('/api/v1/audit', { params: { query: { ...filter, limit, before, order: 'desc' } } }));
