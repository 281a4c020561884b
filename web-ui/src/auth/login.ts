// Who is signed in, and with what. An API token lives in memory; in the tab's storage only if its owner asks for that.
import { useSyncExternalStore } from 'react';

/** The body of `GET /api/v1/me`. */
export interface Account {
  kind: 'operator' | 'member' | 'token';
  id?: string;
  name: string;
  email?: string;
  role?: Role;
  /** The customer that a member belongs to. */
  customer?: string;
  /** Whether a person has a second factor. */
  totp?: boolean;
}

export type Role = 'owner' | 'operator' | 'support' | 'auditor' | 'member-admin' | 'member';

export type Login = { state: 'asking' } | { state: 'out'; notice?: string } | { state: 'in'; account: Account };

const KEPT = 'usher.token';
let bearer: string | null = sessionStorage.getItem(KEPT);
let login: Login = { state: 'asking' };
const listeners = new Set<() => void>();

function become(next: Login) {
  login = next;
  for (const listener of listeners) listener();
}

export const token = () => bearer;

export function useLogin(): Login {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => login,
  );
}

/** Who is signed in; pages below the gate are only shown to somebody. */
export function useAccount(): Account | null {
  const now = useLogin();
  return now.state === 'in' ? now.account : null;
}

/** What the one who is signed in may do, as the server's own table has it. It decides; this spares buttons that fail. */
export function useMay() {
  const role = useAccount()?.role;
  const is = (...roles: Role[]) => role !== undefined && roles.includes(role);
  return {
    /** Products, plans, customers and licenses. */
    sell: is('owner', 'operator'),
    /** End sessions, and make new license keys. */
    support: is('owner', 'operator', 'support', 'member-admin'),
    /** Named seats. */
    assign: is('owner', 'operator', 'member-admin'),
    /** People. */
    invite: is('owner', 'member-admin'),
    /** Tokens, the cluster, settings. */
    administer: is('owner'),
  };
}

/** What became of the account is asked for again. */
export async function askAgain() {
  const answer = await ask('/me').catch(() => null);
  if (answer?.ok) become({ state: 'in', account: await answer.json() });
}

async function ask(path: string, init: RequestInit = {}, shown = bearer): Promise<Response> {
  const headers = new Headers(init.headers);
  if (shown) headers.set('authorization', `Bearer ${shown}`);
  if (init.body) headers.set('content-type', 'application/json');
  return fetch(`/api/v1${path}`, { ...init, headers });
}

/** Finds out at the start who is signed in: by a kept token, else by a cookie. */
export async function begin(): Promise<void> {
  const me = await ask('/me').catch(() => null);
  if (me === null) {
    become({ state: 'asking' });
    setTimeout(begin, 2000);
    return;
  }
  if (me.ok) return become({ state: 'in', account: await me.json() });
  bearer = null;
  become({ state: 'out' });
}

/** Signs in with an API token. Gives the answer if the server says no. */
export async function signInByToken(text: string, keep: boolean): Promise<Response | null> {
  const answer = await ask('/me', {}, text);
  if (!answer.ok) return answer;
  bearer = text;
  if (keep) sessionStorage.setItem(KEPT, text);
  become({ state: 'in', account: await answer.json() });
  return null;
}

/** Signs in with a password; the login itself is a cookie that scripts cannot read. */
export async function signInByPassword(email: string, password: string, totp?: string): Promise<Response | null> {
  const answer = await ask('/logins', { method: 'POST', body: JSON.stringify({ email, password, totp }) }, null);
  if (!answer.ok) return answer;
  become({ state: 'in', account: await answer.json() });
  return null;
}

/** Uses a set-up or invitation link up, and signs in with the new password. */
export async function setUp(secret: string, email: string, name: string, password: string): Promise<Response | null> {
  const said = { secret, email, name: name || undefined, password };
  const answer = await ask('/setup', { method: 'POST', body: JSON.stringify(said) }, null);
  return answer.ok ? signInByPassword(email, password) : answer;
}

export function signedOut(notice?: string) {
  if (login.state !== 'in') return;
  bearer = null;
  sessionStorage.removeItem(KEPT);
  become({ state: 'out', notice });
}

export async function signOut() {
  if (!bearer) await ask('/logins/current', { method: 'DELETE' }).catch(() => null);
  signedOut();
}
