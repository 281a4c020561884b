// How the vendor is seen by those who sign in and by its customers.
import { Button, ColorInput, Group, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/client';
import { queries, type Branding as Stored } from '../../api/queries';
import { useSave } from '../../api/save';
import { useMay } from '../../auth/login';
import { Mark } from '../../shell/Mark';
import { Answered, Note, Panel, Trouble } from '../../ui/parts';
import { colourOf } from '../../words/branding';

export function Branding() {
  const branding = useQuery({ ...queries.branding, refetchOnWindowFocus: false });
  return (
    <Answered query={branding}>
      {(branding) => (
        // Another version is another form.
        <BrandingForm key={branding.version} branding={branding} />
      )}
    </Answered>
  );
}

const SWATCHES = ['#0b7a5e', '#1f6feb', '#5b4bc4', '#9a3b8f', '#b3261e', '#8a5a00', '#2f3a44'];

function BrandingForm({ branding }: { branding: Stored }) {
  const may = useMay().administer;
  const form = useForm({
    initialValues: { name: branding.name ?? '', colour: branding.colour ?? '', support: branding.support ?? '' },
    validate: {
      colour: (value) => (value === '' || /^#[0-9a-f]{6}$/.test(value) ? null : 'Such as #0b7a5e.'),
      support: (value) =>
        value === '' || /^(https:\/\/\S+|\S+@\S+)$/.test(value) ? null : 'An e-mail address, or one with https://.',
    },
  });
  const save = useSave({
    send: ({ name, colour, support }: typeof form.values, header) =>
      api.PUT('/api/v1/branding', {
        params: { header },
        body: {
          if_version: branding.version,
          name: name.trim() || null,
          colour: colour || null,
          support: support.trim() || null,
        },
      }),
    said: () => 'The branding was changed.',
  });
  const { name, colour, support } = form.values;
  return (
    <div className="split">
      <Panel title="Branding">
        <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
          <Stack gap="sm">
            {!may && <Note>Your role reads the settings. An owner changes them.</Note>}
            <TextInput
              label="Name"
              description="Shown where people sign in, and in the portal. Left empty, it is usher."
              placeholder="Example Ltd"
              maxLength={200}
              readOnly={!may}
              {...form.getInputProps('name')}
            />
            <ColorInput
              label="Colour"
              description="Of buttons and marks in the portal and where people sign in"
              placeholder="#0b7a5e"
              format="hex"
              swatches={SWATCHES}
              swatchesPerRow={7}
              withPreview={colour !== ''}
              readOnly={!may}
              eyeDropperButtonProps={{ 'aria-label': 'Pick a colour from the screen' }}
              {...form.getInputProps('colour')}
              onChange={(value) => form.setFieldValue('colour', value.toLowerCase())}
            />
            <TextInput
              label="Support"
              description="Where customers ask for help: an e-mail address or an https:// address"
              placeholder="help@example.com"
              maxLength={200}
              readOnly={!may}
              {...form.getInputProps('support')}
            />
            {save.error && <Trouble error={save.error} />}
            {may && (
              <Group justify="flex-end">
                <Button type="submit" loading={save.isPending} disabled={!form.isDirty()}>
                  Save
                </Button>
              </Group>
            )}
          </Stack>
        </form>
      </Panel>
      <Panel title="How it looks">
        <div className="preview" style={colourOf(colour)}>
          <Mark size={36} />
          <b>Sign in to {name.trim() || 'usher'}</b>
          <span className="preview-button">Sign in</span>
          <span className="dim small">
            {support.trim() ? `Help: ${support.trim()}` : 'No place to ask for help is given'}
          </span>
        </div>
      </Panel>
    </div>
  );
}
