// Sending a change from a form or a button.

import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { change, Problem } from './client';

interface Save<Input, Output> {
  /** The call, with the headers that name it. */
  send: (
    input: Input,
    header: { 'Idempotency-Key': string },
  ) => Promise<{ data?: Output; error?: unknown; response: Response }>;
  /** What to say once it is done. */
  said?: (output: Output) => string;
  done?: (output: Output) => void;
}

/** A change that is sent once for each thing that is meant, however often the button is pressed. */
export function useSave<Input, Output>({ send, said, done }: Save<Input, Output>) {
  const client = useQueryClient();
  const unanswered = useRef<{ input: string; key: string } | null>(null);
  return useMutation<Output, Problem, Input>({
    mutationFn: async (input) => {
      const text = JSON.stringify(input) ?? '';
      const key = unanswered.current?.input === text ? unanswered.current.key : crypto.randomUUID();
      unanswered.current = { input: text, key };
      try {
        const output = await change(() => send(input, { 'Idempotency-Key': key }));
        unanswered.current = null;
        return output;
      } catch (error) {
        if (error instanceof Problem && !error.passes) unanswered.current = null;
        throw error;
      }
    },
    onSuccess: (output) => {
      void client.invalidateQueries();
      if (said) notifications.show({ message: said(output) });
      done?.(output);
    },
  });
}
