// A plan's terms. A change is shown as a difference, with who it concerns, before it is saved.
import {
  Button,
  NumberInput,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, type Schemas } from '../api/client';
import { type Plan, type Product, queries } from '../api/queries';
import { useSave } from '../api/save';
import { FormDialog } from '../ui/dialogs';
import { Answered, Note } from '../ui/parts';
import { readEntitlements, written } from '../words/entitlements';
import { concernedBy, ofTerms } from '../words/plans';
import { span } from '../words/time';

const OFFLINE = [
  { value: 'strict', label: 'Strict', about: 'No grace: a cut-off client stops before its seat is freed.' },
  { value: 'lenient', label: 'Lenient', about: 'A cut-off client goes on for the grace; its seat is freed meanwhile.' },
  { value: 'reserved', label: 'Reserved', about: 'A cut-off client goes on for the grace, and its seat waits for it.' },
];

const LABELS: { [field: string]: string } = {
  name: 'Name',
  seats: 'Seats',
  overage_max: 'Overage',
  ttl_seconds: 'Session lives',
  heartbeat_seconds: 'Heartbeat every',
  offline: 'Offline mode',
  grace_seconds: 'Offline grace',
  ghosts_max: 'Ghosts at most',
  sessions_per_holder_max: 'Sessions per holder',
  holder: 'Seat is counted for',
  entitlements: 'Entitlements',
};

function shown(field: string, value: unknown): string {
  if (value == null) return field === 'ghosts_max' ? 'any number' : '–';
  if (field.endsWith('_seconds')) return span(Number(value));
  if (field === 'entitlements') return written(value as Plan['entitlements']) || 'none';
  return String(value).replaceAll('_', ' ');
}

type Change = Schemas['PlanChange'];

export function PlanForm(props: { product: Product; plan?: Plan; onClose: () => void }) {
  const { plan } = props;
  const [review, setReview] = useState<Change | null>(null);
  const form = useForm({
    initialValues: {
      name: plan?.name ?? '',
      code: plan?.code ?? '',
      seats: plan?.seats ?? 10,
      overage_max: plan?.overage_max ?? 0,
      ttl_seconds: plan?.ttl_seconds ?? 360,
      heartbeat_seconds: plan?.heartbeat_seconds ?? 300,
      offline: plan?.offline ?? ('lenient' as Plan['offline']),
      grace_hours: (plan?.grace_seconds ?? 86_400) / 3600,
      ghosts_max: (plan?.ghosts_max ?? '') as number | '',
      sessions_per_holder_max: plan?.sessions_per_holder_max ?? 16,
      holder: plan?.holder ?? ('fingerprint' as Plan['holder']),
      entitlements: written(plan?.entitlements ?? {}),
    },
    validate: {
      name: (value) => (value.trim() ? null : 'This is needed.'),
      code: (value) => (value.trim() ? null : 'This is needed.'),
      heartbeat_seconds: (value, all) =>
        value < all.ttl_seconds ? null : 'Beat more often than a session lives, with room for a retry.',
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

  const wanted = () => {
    const { grace_hours, ghosts_max, entitlements, ...rest } = form.values;
    return {
      ...rest,
      grace_seconds: Math.round(grace_hours * 3600),
      ghosts_max: ghosts_max === '' ? null : ghosts_max,
      entitlements: readEntitlements(entitlements),
    };
  };
  const save = useSave({
    send: (change: Change | null, header) =>
      plan
        ? api.PATCH('/api/v1/plans/{id}', {
            params: { path: { id: plan.id }, header },
            body: { ...change, if_version: plan.version },
          })
        : api.POST('/api/v1/plans', { params: { header }, body: { product: props.product.id, ...wanted() } }),
    said: ({ name }) => (plan ? `${name} was changed.` : `${name} was created.`),
    done: props.onClose,
  });
  const submit = () => {
    if (!plan) return save.mutate(null);
    const { code: _, ...all } = wanted();
    const before: { [field: string]: unknown } = { ...plan, ghosts_max: plan.ghosts_max ?? null };
    const differs = ([field, value]: [string, unknown]) => JSON.stringify(value) !== JSON.stringify(before[field]);
    setReview(Object.fromEntries(Object.entries(all).filter(differs)));
  };

  if (plan && review) {
    const none = Object.keys(review).length === 0;
    return (
      <FormDialog
        title={`Change ${plan.name}: review`}
        submit={none ? 'Close' : 'Save these changes'}
        busy={save.isPending}
        error={save.error}
        onSubmit={() => (none ? props.onClose() : save.mutate(review))}
        onClose={props.onClose}
        extra={
          <Button variant="subtle" onClick={() => setReview(null)}>
            Back
          </Button>
        }
      >
        <Difference plan={plan} change={review} />
      </FormDialog>
    );
  }
  const mode = OFFLINE.find(({ value }) => value === form.values.offline);
  return (
    <FormDialog
      title={plan ? `Change ${plan.name}` : `New plan of ${props.product.name}`}
      submit={plan ? 'Review changes' : 'Create plan'}
      busy={save.isPending}
      error={save.error}
      onSubmit={form.onSubmit(submit)}
      onClose={props.onClose}
    >
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <TextInput label="Name" placeholder="Pro" data-autofocus {...form.getInputProps('name')} />
        {!plan && <TextInput label="Code" placeholder="pro" {...form.getInputProps('code')} />}
        <NumberInput
          label="Seats"
          description="Unless a license has its own number"
          min={0}
          {...form.getInputProps('seats')}
        />
        <NumberInput
          label="Overage"
          description="Seats granted beyond that"
          min={0}
          {...form.getInputProps('overage_max')}
        />
        <NumberInput
          label="Session lives"
          description="Without a heartbeat"
          suffix=" s"
          min={2}
          {...form.getInputProps('ttl_seconds')}
        />
        <NumberInput
          label="Heartbeat every"
          description="How often a client beats"
          suffix=" s"
          min={1}
          {...form.getInputProps('heartbeat_seconds')}
        />
      </SimpleGrid>
      <div>
        <Text size="sm" fw={600} id="offline-label">
          Offline mode
        </Text>
        <SegmentedControl
          fullWidth
          size="xs"
          mt={4}
          aria-labelledby="offline-label"
          data={OFFLINE.map(({ value, label }) => ({ value, label }))}
          {...form.getInputProps('offline')}
        />
        <Text size="xs" c="dimmed" mt={4}>
          {mode?.about}
        </Text>
      </div>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <NumberInput
          label="Offline grace"
          description="How long a cut-off client may go on"
          suffix=" h"
          min={0}
          disabled={form.values.offline === 'strict'}
          {...form.getInputProps('grace_hours')}
        />
        <NumberInput
          label="Ghosts at most"
          description="Clients in grace. Left empty, any number"
          min={0}
          {...form.getInputProps('ghosts_max')}
        />
        <Select
          label="A seat is counted for"
          allowDeselect={false}
          data={[
            { value: 'fingerprint', label: 'each machine' },
            { value: 'fingerprint_and_instance', label: 'each instance on a machine' },
            { value: 'user', label: 'each signed-in user' },
            { value: 'user_and_fingerprint', label: 'each signed-in user on each machine' },
            { value: 'named_user', label: 'each user who was assigned one' },
          ]}
          {...form.getInputProps('holder')}
        />
        <NumberInput label="Sessions per holder" min={1} {...form.getInputProps('sessions_per_holder_max')} />
      </SimpleGrid>
      <Textarea
        label="Entitlements"
        description="One a line: a name, or a name = value"
        placeholder={'gpu\nprojects = 20'}
        autosize
        minRows={2}
        {...form.getInputProps('entitlements')}
      />
    </FormDialog>
  );
}

function Difference({ plan, change }: { plan: Plan; change: Change }) {
  const concerned = useQuery(queries.licensesOf(plan.id));
  const fields = Object.entries(change);
  if (fields.length === 0) return <Text size="sm">Nothing is different.</Text>;
  const before: { [field: string]: unknown } = { ...plan };
  return (
    <Stack>
      <table className="diff">
        <thead>
          <tr>
            <th scope="col">Term</th>
            <th scope="col">Now</th>
            <th scope="col">Then</th>
          </tr>
        </thead>
        <tbody>
          {fields.map(([field, value]) => (
            <tr key={field}>
              <th scope="row">{LABELS[field] ?? field}</th>
              <td>
                <del>{shown(field, before[field])}</del>
              </td>
              <td>
                <ins>{shown(field, value)}</ins>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Note title="Who is affected">
        <Answered query={concerned}>
          {(licenses) => ofTerms(plan.holder, change.holder ?? plan.holder, concernedBy(licenses)).join(' ')}
        </Answered>
      </Note>
    </Stack>
  );
}
