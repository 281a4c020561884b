// An identity provider to add, or what changes of one. Its secret is never shown again: it stays, is replaced, or is taken
// away.
import { PasswordInput, SegmentedControl, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { type UseFormReturnType, useForm } from '@mantine/form';
import { useEffect } from 'react';
import { api, type Schemas } from '../api/client';
import type { Provider } from '../api/queries';
import { useSave } from '../api/save';
import { FormDialog } from '../ui/dialogs';
import { Copy } from '../ui/parts';
import { callbackAt, KINDS, scopesIn } from '../words/providers';
import { atFields } from './atFields';

type Kind = Schemas['IdentityProviderKind'];

interface Values {
  kind: Kind;
  name: string;
  issuer: string;
  client_id: string;
  client_secret: string;
  without_secret: boolean;
  scopes: string;
  self_registration: boolean;
  accept_on_acquire: boolean;
  audience: string;
  keys: string;
}

const FIELDS = [
  'name',
  'issuer',
  'client_id',
  'client_secret',
  'scopes',
  'self_registration',
  'accept_on_acquire',
  'audience',
  'keys',
] as const;

/** The inputs' own names for what the API's words name. */
const LABELS: { [name: string]: string } = {
  client_id: 'a client ID',
  client_secret: 'a client secret',
  accept_on_acquire: 'tokens that say who asks for a seat',
  self_registration: 'new customers signing in',
};

/** What the server found wrong, in the words of the form. */
const inOurWords = (said: string) =>
  said.replace(/\b(?:an? )?([a-z]+(?:_[a-z]+)+)\b/g, (all, name) => LABELS[name] ?? all);

/** Keys as the API takes them: nothing, or what was read as JSON. */
const keysIn = (text: string): { [member: string]: never } | null => (text.trim() ? JSON.parse(text) : null);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function begun(provider?: Provider): Values {
  return {
    kind: provider?.kind ?? 'google',
    name: provider?.name ?? KINDS.google.name,
    issuer: provider?.issuer ?? '',
    client_id: provider?.client_id ?? '',
    client_secret: '',
    without_secret: false,
    scopes: provider?.scopes.join(' ') ?? '',
    self_registration: provider?.self_registration ?? false,
    accept_on_acquire: provider?.accept_on_acquire ?? false,
    audience: provider?.audience ?? '',
    keys: provider?.keys ? JSON.stringify(provider.keys, null, 2) : '',
  };
}

export function ProviderForm({ provider, onClose }: { provider?: Provider; onClose: () => void }) {
  const form = useForm<Values>({
    initialValues: begun(provider),
    validate: {
      name: (value) => (value.trim() ? null : 'It is on the button by which people sign in.'),
      issuer: (value, { kind }) => (provider || kind !== 'oidc' || value.trim() ? null : 'Its address is needed.'),
      keys: (value) => (!value.trim() || isJson(value) ? null : 'This is not JSON.'),
    },
  });
  const save = useSave({
    send: (values: Values, header) => {
      // What was filled in before another kind was chosen is not of this one.
      const hasTokens = (provider?.kind ?? values.kind) !== 'github';
      const terms = {
        name: values.name.trim(),
        self_registration: values.self_registration,
        accept_on_acquire: hasTokens && values.accept_on_acquire,
      };
      const client_id = values.client_id.trim() || null;
      const audience = (hasTokens && values.audience.trim()) || null;
      const keys = hasTokens ? keysIn(values.keys) : null;
      const secret = values.client_secret.trim();
      const scopes = scopesIn(values.scopes);
      return provider
        ? api.PATCH('/api/v1/identity-providers/{id}', {
            params: { path: { id: provider.id }, header },
            body: {
              ...terms,
              client_id,
              client_secret: values.without_secret ? null : secret || undefined,
              scopes,
              audience,
              keys,
              if_version: provider.version,
            },
          })
        : api.POST('/api/v1/identity-providers', {
            params: { header },
            body: {
              ...terms,
              kind: values.kind,
              issuer: values.kind === 'google' ? undefined : values.issuer.trim() || undefined,
              client_id: client_id ?? undefined,
              client_secret: secret || undefined,
              scopes: scopes.length > 0 ? scopes : undefined,
              audience: audience ?? undefined,
              keys: keys ?? undefined,
            },
          });
    },
    said: ({ name }) => (provider ? `${name} was changed.` : `${name} was added. Its button is where people sign in.`),
    done: onClose,
  });
  const { kind } = form.values;
  const hidden: readonly string[] = [
    ...(provider || kind === 'google' ? ['issuer'] : []),
    ...(kind === 'github' ? ['accept_on_acquire', 'audience', 'keys'] : []),
    ...(form.values.accept_on_acquire ? [] : ['audience']),
  ];
  const { at, all } = atFields(
    save.error,
    FIELDS.filter((field) => !hidden.includes(field)),
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each answer
  useEffect(() => {
    form.setErrors(Object.fromEntries(Object.entries(at).map(([name, said]) => [name, inOurWords(said)])));
    const first = FIELDS.find((field) => at[field]);
    if (first) form.getInputNode(first)?.focus();
  }, [save.error]);
  const choose = (kind: Kind) => {
    const isPreset = Object.values(KINDS).some(({ name }) => name === form.values.name);
    const name = kind === 'oidc' ? '' : KINDS[kind].name;
    form.setValues({ kind, ...((isPreset || !form.values.name) && { name }) });
  };
  return (
    <FormDialog
      title={provider ? `Change ${provider.name}` : 'Add an identity provider'}
      submit={provider ? 'Save' : 'Add provider'}
      busy={save.isPending}
      error={all ? null : save.error}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      onClose={onClose}
    >
      {!provider && (
        <SegmentedControl
          fullWidth
          aria-label="Kind"
          data={Object.entries(KINDS).map(([value, { name }]) => ({ value, label: name }))}
          value={kind}
          onChange={(value) => choose(value as Kind)}
        />
      )}
      <Registered kind={kind} />
      <TextInput
        label="Name"
        description="On the button by which people sign in"
        placeholder="Acme"
        maxLength={200}
        data-autofocus
        {...form.getInputProps('name')}
      />
      {!provider && kind !== 'google' && (
        <TextInput
          label={kind === 'github' ? 'Address' : 'Issuer'}
          description={
            kind === 'github'
              ? 'Of GitHub Enterprise only. Left empty, it is GitHub itself.'
              : 'Its address, as its discovery document has it, to the last slash. It stays.'
          }
          placeholder={kind === 'github' ? 'https://github.com' : 'https://id.example.com'}
          maxLength={200}
          {...form.getInputProps('issuer')}
        />
      )}
      <TextInput
        label="Client id"
        description="What the provider knows this server by. Left empty, nobody signs in by it."
        maxLength={200}
        autoComplete="off"
        {...form.getInputProps('client_id')}
      />
      <PasswordInput
        label="Client secret"
        description={
          provider?.has_secret
            ? 'One is kept and never shown. Left empty, it stays.'
            : 'It is sealed, and never shown again.'
        }
        maxLength={500}
        autoComplete="off"
        disabled={form.values.without_secret}
        {...form.getInputProps('client_secret')}
      />
      {provider?.has_secret && (
        <Switch label="Take the secret away" {...form.getInputProps('without_secret', { type: 'checkbox' })} />
      )}
      <TextInput
        label="Scopes"
        description="What is asked for at a sign-in, parted by spaces. Left empty, what its kind needs."
        placeholder={kind === 'github' ? 'read:user user:email' : 'openid email profile'}
        {...form.getInputProps('scopes')}
      />
      <Switch
        label="Anybody may become a customer"
        description="Whoever signs in and is not known here becomes a customer of their own. Else they are refused."
        {...form.getInputProps('self_registration', { type: 'checkbox' })}
      />
      {kind !== 'github' && <Seats form={form} />}
    </FormDialog>
  );
}

/** What is to be done at the provider, and the address that it asks for. */
function Registered({ kind }: { kind: Kind }) {
  const callback = callbackAt(location.origin);
  return (
    <div>
      <Text size="sm" c="dimmed" mb={6}>
        {KINDS[kind].register} It asks where to send people back to:
      </Text>
      <div className="secret">
        <span data-testid="callback">{callback}</span>
        <Copy value={callback} what="callback address" />
      </div>
    </div>
  );
}

/** How the provider's tokens say who asks for a seat. */
function Seats({ form }: { form: Pick<UseFormReturnType<Values>, 'values' | 'getInputProps'> }) {
  return (
    <Stack gap="sm">
      <Switch
        label="Its tokens say who asks for a seat"
        description="For plans that count seats by user: applications send the token along."
        {...form.getInputProps('accept_on_acquire', { type: 'checkbox' })}
      />
      {form.values.accept_on_acquire && (
        <TextInput
          label="Audience"
          description="What such tokens must be for: often the client id of the application"
          maxLength={200}
          {...form.getInputProps('audience')}
        />
      )}
      <Textarea
        label="Pinned keys"
        description="Only where this server cannot reach the provider: its public keys, as a JSON web key set. Left empty, they are fetched."
        placeholder='{"keys": […]}'
        autosize
        minRows={2}
        maxRows={8}
        className="code-input"
        {...form.getInputProps('keys')}
      />
    </Stack>
  );
}
