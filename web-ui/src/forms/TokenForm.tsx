import { Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api, type Schemas } from '../api/client';
import { useSave } from '../api/save';
import { FormDialog } from '../ui/dialogs';
import { endOfDay } from '../words/time';

export function TokenForm(props: { onClose: () => void; onDone: (token: Schemas['TokenWithSecret']) => void }) {
  const form = useForm({
    initialValues: { name: '', scope: 'admin' as Schemas['Scope'], until: '' },
    validate: { name: (value) => (value.trim() ? null : 'Say who or what uses it.') },
  });
  const save = useSave({
    send: ({ name, scope, until }: typeof form.values, header) =>
      api.POST('/api/v1/tokens', {
        params: { header },
        body: { name, scope, expires_at: until ? endOfDay(until) : null },
      }),
    done: (token) => {
      props.onClose();
      props.onDone(token);
    },
  });
  return (
    <FormDialog
      title="New API token"
      submit="Make token"
      busy={save.isPending}
      error={save.error}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      onClose={props.onClose}
    >
      <TextInput
        label="Name"
        description="Who or what uses it"
        placeholder="Billing sync"
        data-autofocus
        {...form.getInputProps('name')}
      />
      <Select
        label="Scope"
        allowDeselect={false}
        data={[
          { value: 'admin', label: 'admin: everything' },
          { value: 'heartbeats', label: 'heartbeats: batches of heartbeats only' },
        ]}
        {...form.getInputProps('scope')}
      />
      <TextInput
        label="Until"
        description="The last day. Left empty, it has no end."
        type="date"
        {...form.getInputProps('until')}
      />
    </FormDialog>
  );
}
