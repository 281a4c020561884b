// For how long history is kept. What is dropped is gone, so what a change will drop is said before it is saved.
import { Alert, Button, Group, NumberInput, Stack, Switch, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/client';
import { queries, type Retention as Stored } from '../../api/queries';
import { useSave } from '../../api/save';
import { useMay } from '../../auth/login';
import { Answered, Panel, Trouble } from '../../ui/parts';
import { consequence } from '../../words/retention';
import { exact } from '../../words/time';

const DAYS_MAX = 36_500;

export function Retention() {
  const retention = useQuery({ ...queries.retention, refetchOnWindowFocus: false });
  return (
    <Panel title="How long history is kept">
      <Answered query={retention}>
        {(retention) => (
          // Another version is another form.
          <RetentionForm key={retention.version} retention={retention} />
        )}
      </Answered>
    </Panel>
  );
}

interface Values {
  session_days: number | null;
  usage_days: number | null;
}

const KINDS = [
  {
    field: 'session_days',
    kept: 'sessions_from',
    label: 'Sessions, refusals and sign-ins',
    about:
      'Who took a seat and when it ended, with the names of users; who was refused; who signed in, and from where. A session counts from its end. The figures of a license are made of them, and begin where they do.',
    least: 7,
    usual: 365,
  },
  {
    field: 'usage_days',
    kept: 'usage_from',
    label: 'Hours of usage',
    about: "Each license's peaks and counts, hour by hour. Nobody is named in them.",
    least: 31,
    usual: 1095,
  },
] as const;

function RetentionForm({ retention }: { retention: Stored }) {
  const may = useMay().administer;
  const form = useForm<Values>({
    initialValues: { session_days: retention.session_days ?? null, usage_days: retention.usage_days ?? null },
    validate: {
      session_days: (days) => outOf(days, KINDS[0].least),
      usage_days: (days) => outOf(days, KINDS[1].least),
    },
  });
  const save = useSave({
    send: (values: Values, header) =>
      api.PUT('/api/v1/retention', {
        params: { header },
        body: { if_version: retention.version, ...values },
      }),
    said: () => 'How long history is kept was changed. Until tomorrow nothing is dropped.',
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
      <Stack gap="md">
        {!may && <Alert color="gray">Your role reads the settings. An owner changes them.</Alert>}
        {retention.drops_from && (retention.session_days != null || retention.usage_days != null) && (
          <Alert color="gray">
            Nothing is dropped until {exact(retention.drops_from)}, so that a change can be taken back.
          </Alert>
        )}
        {KINDS.map(({ field, kept, label, about, least, usual }) => {
          const days = form.values[field];
          const isDays = days !== null;
          const said = outOf(days, least)
            ? null
            : consequence(days, { at: retention.at, oldest: retention.oldest, keptFrom: retention[kept] });
          return (
            <Stack key={field} gap={6} component="fieldset" className="kept">
              <Text component="legend" size="sm" fw={600}>
                {label}
              </Text>
              <Text size="xs" c="dimmed">
                {about}
              </Text>
              <Group gap="md" align="center">
                <Switch
                  label="Drop what is older"
                  aria-label={`${label}: drop what is older`}
                  checked={isDays}
                  disabled={!may}
                  onChange={({ currentTarget: { checked } }) => form.setFieldValue(field, checked ? usual : null)}
                />
                {isDays && (
                  <NumberInput
                    w={150}
                    aria-label={`${label}: days`}
                    suffix=" days"
                    min={least}
                    max={DAYS_MAX}
                    allowDecimal={false}
                    clampBehavior="none"
                    thousandSeparator=","
                    readOnly={!may}
                    value={days}
                    error={form.errors[field]}
                    onChange={(value) => form.setFieldValue(field, typeof value === 'number' ? value : 0)}
                  />
                )}
              </Group>
              {said && (
                <Text size="sm" c={said.drops ? undefined : 'dimmed'} fw={said.drops ? 600 : undefined} role="status">
                  {said.words}
                </Text>
              )}
            </Stack>
          );
        })}
        <Text size="xs" c="dimmed">
          Changes of products, customers, licenses, people and the cluster stay on record for ever. Dropped is gone:
          only a backup has it.
        </Text>
        {save.error && <Trouble error={save.error} />}
        {may && (
          <Group justify="flex-end">
            <Button
              type="submit"
              aria-label="Save how long history is kept"
              loading={save.isPending}
              disabled={!form.isDirty()}
            >
              Save
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  );
}

/** What is wrong with a number of days. */
const outOf = (days: number | null, least: number) =>
  days === null || (Number.isInteger(days) && days >= least && days <= DAYS_MAX)
    ? null
    : `Give ${least} to ${DAYS_MAX.toLocaleString('en')} days.`;
