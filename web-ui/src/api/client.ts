// The one way to the API: typed calls, and problems as the server tells them.
import createClient from 'openapi-fetch';
import { signedOut, token } from '../auth/login';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];

export const api = createClient<paths>({ baseUrl: '/' });

api.use({
  onRequest({ request }) {
    const bearer = token();
    if (bearer) request.headers.set('authorization', `Bearer ${bearer}`);
  },
  onResponse({ response }) {
    if (response.status === 401) signedOut('Your sign-in is no longer valid. Sign in again to go on.');
  },
});

/** A problem's members; the codes that only a client can tell are not the API's. */
type Said = Partial<Omit<Schemas['Problem'], 'code'>> & { code: string; detail: string };

/** What went wrong, in the API's own words where it could say any. */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly requestId?: string;
  readonly fields: { field: string; problem: string }[];

  constructor(said: Said) {
    super(said.detail);
    this.code = said.code;
    this.status = said.status ?? 0;
    this.requestId = said.request_id;
    this.fields = said.errors ?? [];
  }

  /** Whether the same call may succeed if it is sent again. */
  get passes(): boolean {
    return (
      this.status >= 500 ||
      ['UNREACHABLE', 'NO_LEADER', 'OVERLOADED', 'OUTCOME_UNKNOWN', 'RATE_LIMITED'].includes(this.code)
    );
  }
}

export const UNREACHABLE = new Problem({
  code: 'UNREACHABLE',
  detail: 'The server does not answer. It may be restarting, or the network is down; this page tries again by itself.',
});

/** The problem in an answer that is not a success. */
export function problemOf(said: unknown, status: number): Problem {
  if (said && typeof said === 'object' && 'code' in said && 'detail' in said) {
    return new Problem(said as Schemas['Problem']);
  }
  return new Problem({
    code: 'UNREADABLE',
    status,
    detail: `The server answered ${status}, and nothing that explains it.`,
  });
}

/** The body of a successful answer; anything else is thrown as a problem. */
export async function body<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let got: Awaited<typeof answer>;
  try {
    got = await answer;
  } catch (error) {
    if (error instanceof TypeError) throw UNREACHABLE;
    throw error;
  }
  if (got.response.ok) return got.data as T;
  throw problemOf(got.error, got.response.status);
}

const PAUSES_MS = [300, 800, 1500, 2500];

/** Sends a change until it is known what became of it. Its key makes sure that it happens once. */
export async function change<T>(send: () => Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await body(send());
    } catch (error) {
      if (!(error instanceof Problem && error.passes)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return body(send());
}
