import { Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api, type Schemas } from '../api/client';
import { useSave } from '../api/save';
import { FormDialog } from '../ui/dialogs';
import { ENDS, type Ends, endOf, isOfCustomer, SCOPES, type Scope } from '../words/tokens';
import { CustomerChoice } from './CustomerChoice';

interface Values {
  name: string;
  scope: Scope | null;
  customer: string;
  ends: Ends;
  day: string;
}

export function TokenForm(props: { onClose: () => void; onDone: (token: Schemas['TokenWithSecret']) => void }) {
  const form = useForm<Values>({
    // What it may do is said by whoever makes it.
    initialValues: { name: '', scope: null, customer: '', ends: '365', day: '' },
    validate: {
      name: (value) => (value.trim() ? null : 'Say who or what uses it.'),
      scope: (value) => (value ? null : 'Choose what it may do.'),
      customer: (value, { scope }) => (isOfCustomer(scope) && !value ? 'Choose which customer it sees.' : null),
      day: (value, { ends }) => (ends === 'day' && !value ? 'Choose the last day.' : null),
    },
  });
  const { scope, customer, ends } = form.values;
  const save = useSave({
    send: ({ name, scope, customer, ends, day }: Values & { scope: Scope }, header) =>
      api.POST('/api/v1/tokens', {
        params: { header },
        body: {
          name,
          scope,
          expires_at: endOf(ends, day),
          customer: isOfCustomer(scope) ? customer : undefined,
        },
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
      onSubmit={form.onSubmit(({ scope, ...values }) => {
        if (scope) save.mutate({ scope, ...values });
      })}
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
        description={scope ? SCOPES[scope] : 'What it may do; no more than it needs'}
        placeholder="Choose one"
        allowDeselect={false}
        data={Object.keys(SCOPES)}
        renderOption={({ option }) => (
          <div>
            {option.label}
            <div className="dim small">{SCOPES[option.value as Scope]}</div>
          </div>
        )}
        {...form.getInputProps('scope')}
      />
      {isOfCustomer(scope) && (
        <CustomerChoice
          value={customer}
          error={form.errors.customer}
          onChange={(customer) => form.setFieldValue('customer', customer)}
        />
      )}
      <Select label="Ends" allowDeselect={false} data={ENDS} {...form.getInputProps('ends')} />
      {ends === 'day' && <TextInput label="Last day" type="date" {...form.getInputProps('day')} />}
    </FormDialog>
  );
}
