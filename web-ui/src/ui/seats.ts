// The rows of live seats: changed by events, a few in each frame, and only those are drawn again that changed.
import { useSyncExternalStore } from 'react';
import type { Schemas } from '../api/client';
import type { Session } from '../api/queries';

/** Rows that are brought up to date in one frame. */
const PER_FRAME = 20;

type Listener = () => void;

export class LiveRows {
  private rows = new Map<string, Session>();
  /** Newest first. */
  private order: string[] = [];
  private waiting: (() => void)[] = [];
  private frame = 0;
  private ofOrder = new Set<Listener>();
  private ofRow = new Map<string, Set<Listener>>();

  constructor(private readonly most: number) {}

  names = () => this.order;
  row = (name: string) => this.rows.get(name);

  watchOrder = (listener: Listener) => {
    this.ofOrder.add(listener);
    return () => this.ofOrder.delete(listener);
  };

  watchRow(name: string, listener: Listener) {
    const listeners = this.ofRow.get(name) ?? new Set();
    this.ofRow.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.ofRow.delete(name);
    };
  }

  /** What the list says: it is the whole truth about what it shows. */
  replace(sessions: Session[]) {
    this.waiting = [];
    this.rows = new Map(sessions.map((session) => [session.session, session]));
    this.order = sessions.map(({ session }) => session);
    this.tellAll();
  }

  change({ live, ended }: Schemas['SessionEvents']) {
    // Oldest first, so that the newest comes to stand at the top.
    const fresh = live.filter(({ session }) => !this.rows.has(session));
    fresh.sort((one, other) => Date.parse(one.granted_at ?? '') - Date.parse(other.granted_at ?? ''));
    if (fresh.length > 0 || ended.some((name) => this.rows.has(name))) this.reorder(fresh, new Set(ended));
    for (const session of live) {
      if (!fresh.includes(session)) this.waiting.push(() => this.put(session));
    }
    if (!this.frame && this.waiting.length > 0) this.frame = requestAnimationFrame(this.some);
  }

  private reorder(fresh: Session[], ended: Set<string>) {
    const oldest = Date.parse(this.rows.get(this.order.at(-1) ?? '')?.granted_at ?? '');
    // One that is older than all that is shown belongs to a page that was not asked for.
    const shown = fresh.filter(
      ({ granted_at }) => this.order.length < this.most || Date.parse(granted_at ?? '') >= oldest,
    );
    for (const session of shown) this.rows.set(session.session, session);
    for (const name of ended) this.rows.delete(name);
    this.order = [...shown.map(({ session }) => session).reverse(), ...this.order].filter((name) =>
      this.rows.has(name),
    );
    for (const name of this.order.splice(this.most)) this.rows.delete(name);
    for (const listener of this.ofOrder) listener();
  }

  private some = () => {
    this.frame = 0;
    for (const change of this.waiting.splice(0, PER_FRAME)) change();
    if (this.waiting.length > 0) this.frame = requestAnimationFrame(this.some);
  };

  private put(session: Session) {
    if (!this.rows.has(session.session)) return;
    this.rows.set(session.session, session);
    for (const listener of this.ofRow.get(session.session) ?? []) listener();
  }

  private tellAll() {
    for (const listener of this.ofOrder) listener();
    for (const listeners of this.ofRow.values()) for (const listener of listeners) listener();
  }
}

export const useNames = (rows: LiveRows) => useSyncExternalStore(rows.watchOrder, rows.names);

export const useRow = (rows: LiveRows, name: string) =>
  useSyncExternalStore(
    (listener) => rows.watchRow(name, listener),
    () => rows.row(name),
  );
