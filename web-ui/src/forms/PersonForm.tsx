// Somebody who is to sign in, or what changes of them.
import { Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api, type Schemas } from '../api/client';
import type { Person } from '../api/queries';
import { useSave } from '../api/save';
import { type Role, useAccount } from '../auth/login';
import { FormDialog } from '../ui/dialogs';
import { RoleName } from '../ui/RoleName';
import { isOfTeam, ROLES, TEAM_ROLES, VENDOR_ROLES } from '../words/people';
import { CustomerChoice } from './CustomerChoice';

const choice = (roles: Role[]) => roles.map((role) => ({ value: role, label: ROLES[role].name }));

interface Values {
  email: string;
  name: string;
  role: Role;
  customer: string;
}

export function PersonForm(props: {
  person?: Person;
  onClose: () => void;
  /** Given the link, where one was made. */
  onDone?: (made: Schemas['PersonWithLink']) => void;
}) {
  const { person } = props;
  const own = useAccount()?.customer;
  const form = useForm<Values>({
    initialValues: {
      email: person?.email ?? '',
      name: person?.name ?? '',
      role: person?.role ?? (own ? 'member' : 'auditor'),
      customer: person?.customer ?? own ?? '',
    },
    validate: {
      email: (value) => (/^\S+@\S+$/.test(value) ? null : 'An e-mail address is needed; it is what they sign in by.'),
      name: (value) => (value.trim() ? null : 'This is needed.'),
      customer: (value, { role }) => (isOfTeam(role) && !value ? 'Choose whose member it is.' : null),
    },
  });
  const save = useSave({
    send: ({ email, name, role, customer }: Values, header) => {
      // A member's customer need not be said to the server by somebody of the same one.
      const of = isOfTeam(role) && !own ? customer : undefined;
      return person
        ? api.PATCH('/api/v1/people/{id}', {
            params: { path: { id: person.id }, header },
            body: { email, name, role, customer: of === person.customer ? undefined : of, if_version: person.version },
          })
        : api.POST('/api/v1/people', { params: { header }, body: { email, name, role, customer: of } });
    },
    said: person ? ({ name }) => `${name} was changed.` : undefined,
    done: (saved) => {
      props.onClose();
      if ('link' in saved) props.onDone?.(saved as Schemas['PersonWithLink']);
    },
  });
  const roles = own
    ? choice(TEAM_ROLES)
    : [
        { group: 'Your own people', items: choice(VENDOR_ROLES) },
        { group: 'A customer’s', items: choice(TEAM_ROLES) },
      ];
  return (
    <FormDialog
      title={person ? `Change ${person.name}` : 'Invite somebody'}
      submit={person ? 'Save' : 'Make an invitation'}
      busy={save.isPending}
      error={save.error}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      onClose={props.onClose}
    >
      <TextInput
        label="E-mail"
        description="They sign in with it"
        type="email"
        data-autofocus
        {...form.getInputProps('email')}
      />
      <TextInput label="Name" {...form.getInputProps('name')} />
      <Select
        label="Role"
        description={ROLES[form.values.role].may}
        allowDeselect={false}
        data={roles}
        renderOption={({ option }) => (
          <div>
            <RoleName role={option.value as Role} />
            <div className="dim small">{ROLES[option.value as Role].may}</div>
          </div>
        )}
        {...form.getInputProps('role')}
      />
      {isOfTeam(form.values.role) && !own && (
        <CustomerChoice
          value={form.values.customer}
          error={form.errors.customer}
          onChange={(customer) => form.setFieldValue('customer', customer)}
        />
      )}
    </FormDialog>
  );
}
