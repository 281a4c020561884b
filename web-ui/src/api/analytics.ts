// The figures of a license's use, and refusals.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { token } from '../auth/login';
import { api, body, problemOf, type Schemas, UNREACHABLE } from './client';
import { PAGE } from './queries';

export type Peaks = Schemas['Peaks'];
export type HeatMap = Schemas['HeatMap'];
export type Curve = Schemas['Curve'];
export type Idle = Schemas['Idle'];
export type WhatIf = Schemas['WhatIf'];
export type Forecast = Schemas['ForecastBody'];
export type Versions = Schemas['Versions'];
export type Refusal = Schemas['Refusal'];
export type RefusalView = Schemas['RefusalView'];
export type Explanation = Schemas['Explanation'];
export type Reason = Schemas['RefusalReason'];

export type Figure = 'peaks' | 'heat-map' | 'duration-curve' | 'idle' | 'what-if' | 'forecast' | 'versions';

const HOUR_MS = 3_600_000;

/** How far the reader's clock is ahead of UTC. */
export const minutesAhead = () => -new Date().getTimezoneOffset();

/** A period that ends now and begins with an hour, so that it is the same for a whole hour. */
export const since = (days: number) =>
  new Date((Math.floor(Date.now() / HOUR_MS) - 24 * days + 1) * HOUR_MS).toISOString();

export interface Asked {
  from?: string;
  utc_offset?: number;
  seats?: number;
  hold_seconds?: number;
}

const address = (license: string, figure: Figure, asked: Asked, format: 'json' | 'csv') => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) if (value !== undefined) query.set(name, String(value));
  if (format === 'csv') query.set('format', format);
  return `/api/v1/licenses/${license}/analytics/${figure}${query.size > 0 ? `?${query}` : ''}`;
};

async function read(path: string): Promise<Response> {
  const bearer = token();
  const headers = bearer ? { authorization: `Bearer ${bearer}` } : undefined;
  const answer = await fetch(path, { headers }).catch(() => {
    throw UNREACHABLE;
  });
  if (answer.ok) return answer;
  throw problemOf(await answer.json().catch(() => null), answer.status);
}

export function figure<T extends object>(license: string, name: Figure, asked: Asked) {
  return queryOptions({
    queryKey: ['analytics', license, name, asked],
    queryFn: async (): Promise<T> => (await read(address(license, name, asked, 'json'))).json(),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  });
}

/** Saves a figure as a file. The call may need a token, which a plain link would not carry. */
export async function save(license: string, name: Figure, asked: Asked, format: 'json' | 'csv') {
  const file = await (await read(address(license, name, asked, format))).blob();
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export interface RefusalFilter {
  license?: string;
  customer?: string;
  reason?: Reason;
  from?: string;
}

export const refusals = {
  list: (filter: RefusalFilter) =>
    infiniteQueryOptions({
      queryKey: ['refusals', filter],
      queryFn: ({ pageParam }) =>
        body(api.GET('/api/v1/refusals', { params: { query: { limit: PAGE, cursor: pageParam, ...filter } } })),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_cursor ?? undefined,
      placeholderData: keepPreviousData,
      refetchInterval: 5000,
    }),
  latest: (limit: number) =>
    queryOptions({
      queryKey: ['refusals', 'latest', limit],
      queryFn: () => body(api.GET('/api/v1/refusals', { params: { query: { limit } } })),
      refetchInterval: 5000,
    }),
  one: (id: string) =>
    queryOptions({
      queryKey: ['refusals', id],
      queryFn: () => body(api.GET('/api/v1/refusals/{id}', { params: { path: { id } } })),
      refetchInterval: 30_000,
    }),
  explained: (link: string) =>
    queryOptions({
      queryKey: ['explained', link],
      queryFn: () => body(api.POST('/api/v1/refusals/explain', { body: { link } })),
      refetchInterval: 30_000,
      retry: false,
    }),
};
