import { TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api } from '../api/client';
import type { Product } from '../api/queries';
import { useSave } from '../api/save';
import { FormDialog } from '../ui/dialogs';

const needed = (value: string) => (value.trim() ? null : 'This is needed.');

export function ProductForm({ product, onClose }: { product?: Product; onClose: () => void }) {
  const form = useForm({
    initialValues: {
      name: product?.name ?? '',
      code: product?.code ?? '',
      key_prefix: product?.key_prefix ?? '',
      renewal_url: product?.renewal_url ?? '',
    },
    validate: { name: needed, code: needed, key_prefix: needed },
  });
  const save = useSave({
    send: (values: typeof form.values, header) =>
      product
        ? api.PATCH('/api/v1/products/{id}', {
            params: { path: { id: product.id }, header },
            body: { name: values.name, renewal_url: values.renewal_url || null, if_version: product.version },
          })
        : api.POST('/api/v1/products', {
            params: { header },
            body: { ...values, renewal_url: values.renewal_url || null },
          }),
    said: ({ name }) => (product ? `${name} was changed.` : `${name} was created.`),
    done: onClose,
  });
  return (
    <FormDialog
      title={product ? `Change ${product.name}` : 'New product'}
      submit={product ? 'Save' : 'Create product'}
      busy={save.isPending}
      error={save.error}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        placeholder="Studio"
        data-autofocus
        {...form.getInputProps('name')}
        onBlur={() => {
          if (product || !form.values.name) return;
          const code = form.values.name
            .toLowerCase()
            .replace(/[^a-z0-9]+/g, '-')
            .replace(/^-+|-+$/g, '');
          if (!form.values.code) form.setFieldValue('code', code.slice(0, 63));
          const prefix = code
            .toUpperCase()
            .replace(/[^A-Z0-9]/g, '')
            .replace(/^\d+/, '');
          if (!form.values.key_prefix) form.setFieldValue('key_prefix', prefix.slice(0, 16));
        }}
      />
      {!product && (
        <>
          <TextInput
            label="Code"
            description="Its short name in commands and addresses: a-z, 0-9 and hyphens. It stays."
            placeholder="studio"
            {...form.getInputProps('code')}
          />
          <TextInput
            label="Key prefix"
            description="What its license keys begin with: A-Z and 0-9. It stays."
            placeholder="STUDIO"
            {...form.getInputProps('key_prefix')}
          />
        </>
      )}
      <TextInput
        label="Renewal address"
        description="Where a customer renews; refusals show it. Optional."
        placeholder="https://example.com/renew"
        {...form.getInputProps('renewal_url')}
      />
    </FormDialog>
  );
}
