import { Button, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api } from '../api/client';
import type { License } from '../api/queries';
import { useSave } from '../api/save';
import { FormDialog } from '../ui/dialogs';
import { dateInput, endOfDay, onDay } from '../words/time';

export function ExtendForm({ license, onClose }: { license: License; onClose: () => void }) {
  const [until, setUntil] = useState(dateInput(license.expires_at));
  const save = useSave({
    send: (date: string, header) =>
      api.POST('/api/v1/licenses/{id}/extend', {
        params: { path: { id: license.id }, header },
        body: { expires_at: date ? endOfDay(date) : null },
      }),
    said: ({ expires_at }) => (expires_at ? `The license ends on ${onDay(expires_at)}.` : 'The license has no end.'),
    done: onClose,
  });
  const later = (months: number) => {
    const from = new Date(Math.max(Date.now(), license.expires_at ? Date.parse(license.expires_at) : 0));
    from.setMonth(from.getMonth() + months);
    setUntil(dateInput(from.toISOString()));
  };
  return (
    <FormDialog
      title="Move the license's end"
      submit="Save"
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(until)}
      onClose={onClose}
    >
      <TextInput
        label="Until"
        description="The last day. Left empty, it has no end. It may be earlier than before."
        type="date"
        value={until}
        onChange={(event) => setUntil(event.currentTarget.value)}
        data-autofocus
      />
      <Group gap="xs">
        <Button variant="default" size="compact-xs" onClick={() => later(1)}>
          + 1 month
        </Button>
        <Button variant="default" size="compact-xs" onClick={() => later(12)}>
          + 1 year
        </Button>
        <Button variant="default" size="compact-xs" onClick={() => setUntil('')}>
          Without end
        </Button>
      </Group>
    </FormDialog>
  );
}
