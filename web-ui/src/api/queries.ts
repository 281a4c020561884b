// What the pages read. A list that is needed as a whole is walked page by page, up to a bound that its reader is told.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, body, type Schemas } from './client';

export const PAGE = 50;
const WHOLE_PAGE = 200;
const WHOLE_MAX = 2000;

export type License = Schemas['License'];
export type Session = Schemas['Session'];
export type Plan = Schemas['Plan'];
export type Product = Schemas['Product'];
export type Customer = Schemas['Customer'];
export type Token = Schemas['Token'];
export type Record = Schemas['Record'];
export type UsageHour = Schemas['UsageHour'];
export type Cluster = Schemas['ClusterView'];

interface Page<T> {
  items: T[];
  next_cursor?: string | null;
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

  customers: (search = '') =>
    pages(['customers', { search }], (cursor) =>
      body(api.GET('/api/v1/customers', { params: { query: { limit: PAGE, cursor, search: some(search) } } })),
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
  license: (id: string) =>
    queryOptions({
      queryKey: ['licenses', id],
      queryFn: () => body(api.GET('/api/v1/licenses/{id}', { params: { path: { id } } })),
    }),
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

  sessions: (license?: string) =>
    pages(['sessions', { license }], (cursor) =>
      body(api.GET('/api/v1/sessions', { params: { query: { limit: WHOLE_PAGE, cursor, license } } })),
    ),

  tokens: pages(['tokens'], (cursor) =>
    body(api.GET('/api/v1/tokens', { params: { query: { limit: PAGE, cursor } } })),
  ),

  audit: infiniteQueryOptions({
    queryKey: ['audit'],
    queryFn: ({ pageParam }) => auditBefore(pageParam, PAGE),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.before,
    placeholderData: keepPreviousData,
  }),
  /** The newest records, back to a time or to a bound. */
  auditSince: (hours: number) =>
    queryOptions({
      queryKey: ['audit', 'since', hours],
      queryFn: () => auditSince(Date.now() - hours * 3_600_000),
      refetchInterval: 8000,
    }),
};

export interface AuditPage {
  /** Newest first. */
  items: Record[];
  /** Where to go on toward the beginning. */
  before?: number;
}

/** The records before an index, newest first. The API reads the audit forward, so the place to begin at is reckoned. */
async function auditBefore(before: number | undefined, count: number): Promise<AuditPage> {
  const read = (query: { limit: number; after?: number }) => body(api.GET('/api/v1/audit', { params: { query } }));
  const end = before ?? (await read({ limit: 1 })).size;
  const start = Math.max(0, end - count);
  // Left out, `after` begins with the first record.
  const page = await read({ limit: count, after: start > 0 ? start - 1 : undefined });
  const items = page.items.filter((record) => record.index < end).reverse();
  return { items, before: start > 0 ? start : undefined };
}

const AUDIT_MAX = 2000;

async function auditSince(from: number): Promise<Whole<Record>> {
  const items: Record[] = [];
  let before: number | undefined;
  do {
    const page = await auditBefore(before, WHOLE_PAGE);
    items.push(...page.items);
    before = page.before;
    const oldest = page.items.at(-1);
    if (oldest && Date.parse(oldest.at) < from) {
      return { items: items.filter((record) => Date.parse(record.at) >= from), complete: true };
    }
  } while (before !== undefined && items.length < AUDIT_MAX);
  return { items, complete: before === undefined };
}
