import { type FormEvent, useState } from 'react';
import { problemOf, UNREACHABLE } from '../api/client';

/** Sends a form, and keeps what became of it. */
export function useDoor(send: () => Promise<Response | null>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const refused = await send();
      setError(refused ? problemOf(await refused.json().catch(() => null), refused.status) : null);
    } catch {
      setError(UNREACHABLE);
    }
    setBusy(false);
  };
  return { busy, error, submit };
}
