// What becomes of sessions, as the server tells it: a stream of events that begins again by itself.
import { useEffect, useRef, useState } from 'react';
import { signedOut, token } from '../auth/login';
import type { Schemas } from './client';
import { events } from './events';
import type { SessionFilter } from './queries';

export type Watching = 'beginning' | 'live' | 'lost';

const AGAIN_MS = 500;
const AGAIN_AFTER_TROUBLE_MS = 2000;

interface Heard {
  /** What is listed from now on misses nothing. */
  ready: () => void;
  changes: (events: Schemas['SessionEvents']) => void;
}

async function watch(filter: SessionFilter, signal: AbortSignal, heard: Heard, say: (now: Watching) => void) {
  const query = new URLSearchParams(
    Object.entries(filter).filter((pair): pair is [string, string] => Boolean(pair[1])),
  );
  const bearer = token();
  const answer = await fetch(`/api/v1/sessions/stream?${query}`, {
    signal,
    headers: bearer ? { authorization: `Bearer ${bearer}` } : {},
  });
  if (answer.status === 401) return signedOut('Your sign-in is no longer valid. Sign in again to go on.');
  if (!answer.ok || !answer.body) throw new Error(`the stream was answered ${answer.status}`);
  for await (const { name, data } of events(answer.body)) {
    if (name === 'changes') {
      heard.changes(JSON.parse(data));
    } else {
      say('live');
      heard.ready();
    }
  }
}

/** Watches for as long as the page is there. `heard` may be another one each time. */
export function useSessionStream(filter: SessionFilter, heard: Heard): Watching {
  const [now, say] = useState<Watching>('beginning');
  const latest = useRef(heard);
  latest.current = heard;
  const key = JSON.stringify(filter);
  useEffect(() => {
    const stop = new AbortController();
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const go = async () => {
      while (!stop.signal.aborted) {
        let pause = AGAIN_MS;
        try {
          await watch(
            JSON.parse(key),
            stop.signal,
            { ready: () => latest.current.ready(), changes: (events) => latest.current.changes(events) },
            say,
          );
        } catch {
          if (stop.signal.aborted) return;
          say('lost');
          pause = AGAIN_AFTER_TROUBLE_MS;
        }
        await wait(pause);
      }
    };
    void go();
    return () => stop.abort();
  }, [key]);
  return now;
}
