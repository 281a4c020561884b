import { NumberInput, Select, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { api } from '../api/client';
import { type License, queries } from '../api/queries';
import { useSave } from '../api/save';
import { FormDialog } from '../ui/dialogs';
import { Note } from '../ui/parts';
import { readEntitlements, written } from '../words/entitlements';
import { ofLicense } from '../words/plans';

export function LicenseChangeForm({ license, onClose }: { license: License; onClose: () => void }) {
  const plans = useQuery(queries.allPlans);
  const form = useForm({
    initialValues: {
      plan: license.plan.id as string,
      seats: (license.seats.own ?? '') as number | '',
      entitlements: written(license.entitlements),
    },
    validate: {
      entitlements: (value) => {
        try {
          readEntitlements(value);
          return null;
        } catch (error) {
          return (error as Error).message;
        }
      },
    },
  });
  const save = useSave({
    send: ({ plan, seats, entitlements }: typeof form.values, header) =>
      api.PATCH('/api/v1/licenses/{id}', {
        params: { path: { id: license.id }, header },
        body: {
          plan: plan === license.plan.id ? undefined : plan,
          seats: seats === '' ? null : seats,
          entitlements: readEntitlements(entitlements),
          if_version: license.version,
        },
      }),
    said: () => 'The license was changed.',
    done: onClose,
  });
  const own = plans.data?.items.filter(({ product }) => product === license.product.id) ?? [];
  const plan = own.find(({ id }) => id === form.values.plan);
  const seats = form.values.seats === '' ? null : form.values.seats;
  const said = plan ? ofLicense(license, plan, seats) : [];
  return (
    <FormDialog
      title="Change plan and seats"
      submit="Save"
      busy={save.isPending}
      error={save.error ?? plans.error}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      onClose={onClose}
    >
      <Select
        label="Plan"
        allowDeselect={false}
        data={own.map(({ id, name }) => ({ value: id, label: name }))}
        {...form.getInputProps('plan')}
      />
      <NumberInput
        label="Seats"
        description={`Left empty, the plan's own number${plan ? `: ${plan.seats}` : ''}.`}
        min={0}
        {...form.getInputProps('seats')}
      />
      {said.length > 0 && (
        <Note tone="warn" title="What this means">
          {said.join(' ')}
        </Note>
      )}
      <Textarea
        label="Entitlements of its own"
        description="One a line, a name or a name = value. They come before the plan's."
        autosize
        minRows={2}
        {...form.getInputProps('entitlements')}
      />
    </FormDialog>
  );
}
