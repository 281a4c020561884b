import { TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api } from '../api/client';
import type { Customer } from '../api/queries';
import { useSave } from '../api/save';
import { FormDialog } from '../ui/dialogs';

export function CustomerForm(props: {
  customer?: Customer;
  onClose: () => void;
  onDone?: (customer: Customer) => void;
}) {
  const { customer } = props;
  const form = useForm({
    initialValues: { name: customer?.name ?? '', email: customer?.email ?? '', reference: customer?.reference ?? '' },
    validate: { name: (value) => (value.trim() ? null : 'This is needed.') },
  });
  const save = useSave({
    send: ({ name, email, reference }: typeof form.values, header) => {
      const body = { name, email: email || null, reference: reference || null };
      return customer
        ? api.PATCH('/api/v1/customers/{id}', {
            params: { path: { id: customer.id }, header },
            body: { ...body, if_version: customer.version },
          })
        : api.POST('/api/v1/customers', { params: { header }, body });
    },
    said: ({ name }) => (customer ? `${name} was changed.` : `${name} was created.`),
    done: (saved) => {
      props.onClose();
      props.onDone?.(saved);
    },
  });
  return (
    <FormDialog
      title={customer ? `Change ${customer.name}` : 'New customer'}
      submit={customer ? 'Save' : 'Create customer'}
      busy={save.isPending}
      error={save.error}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      onClose={props.onClose}
    >
      <TextInput label="Name" placeholder="Ada Ltd" data-autofocus {...form.getInputProps('name')} />
      <TextInput
        label="E-mail"
        description="Where to write to. Optional."
        type="email"
        {...form.getInputProps('email')}
      />
      <TextInput
        label="Reference"
        description="Your own number for it, such as a CRM id; unique. Optional."
        placeholder="CRM-42"
        {...form.getInputProps('reference')}
      />
    </FormDialog>
  );
}
