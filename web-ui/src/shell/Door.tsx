// The pages before somebody is signed in.
import { Anchor, Stack, Text } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { problemOf, UNREACHABLE } from '../api/client';
import { supportLink, useBranding } from './branding';
import { Mark } from './Mark';

export function Door({ title, children }: { title: string | ((vendor: string) => string); children: ReactNode }) {
  const { name, support } = useBranding();
  return (
    <div className="door">
      <main>
        <Stack align="center" gap={6} mb="lg">
          <Mark size={40} />
          <h1 className="door-title">{typeof title === 'string' ? title : title(name)}</h1>
        </Stack>
        {children}
        {support && (
          <Text ta="center" size="sm" mt="md" c="dimmed">
            Help:{' '}
            <Anchor href={supportLink(support)} size="sm" c="dimmed" td="underline">
              {support}
            </Anchor>
          </Text>
        )}
      </main>
    </div>
  );
}

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
