// A seat for somebody, by their e-mail address.
import { Autocomplete } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../api/client';
import { type License, queries } from '../api/queries';
import { useSave } from '../api/save';
import { FormDialog } from '../ui/dialogs';
import { atFields } from './atFields';

export function AssignForm(props: {
  license: License;
  /** Whose it is to be, where that is known. */
  email?: string;
  onClose: () => void;
}) {
  const { license, onClose } = props;
  const [email, setEmail] = useState(props.email ?? '');
  const [missing, setMissing] = useState(false);
  const [asked] = useDebouncedValue(email, 200);
  // Those who may sign in for the customer; an address of anybody else can be written.
  const people = useInfiniteQuery(queries.people({ customer: license.customer.id, search: asked.trim() }));
  const found = people.data?.pages.flatMap(({ items }) => items) ?? [];
  const names = new Map(found.map((person) => [person.email, person.name]));
  const save = useSave({
    send: (email: string, header) =>
      api.POST('/api/v1/licenses/{id}/assign', { params: { path: { id: license.id }, header }, body: { email } }),
    said: ({ email }) => `A seat is assigned to ${email}.`,
    done: onClose,
  });
  const { at, all } = atFields(save.error, ['email']);
  const given = email.trim();
  return (
    <FormDialog
      title="Assign a seat"
      submit="Assign"
      busy={save.isPending}
      error={all ? null : save.error}
      onSubmit={() => (given ? save.mutate(given) : setMissing(true))}
      onClose={onClose}
    >
      <Autocomplete
        label="E-mail"
        description={`Whoever signs in to the application with this address gets the seat; by an identity provider they need no account here.${license.plan.holder === 'named_user' ? '' : ' It counts once the plan goes by names.'}`}
        placeholder="ann@example.com"
        data-autofocus
        // It would lie over the button before anything is written.
        openOnFocus={false}
        // Nor does it where the address is written in full.
        data={[...names.keys()].filter((known) => known !== given.toLowerCase())}
        // The server looked for it, in names too.
        filter={({ options }) => options}
        renderOption={({ option }) => (
          <div>
            {names.get(option.value)}
            <div className="dim small">{option.value}</div>
          </div>
        )}
        value={email}
        error={at.email ?? (missing && !given ? 'An e-mail address is needed.' : null)}
        onChange={setEmail}
      />
    </FormDialog>
  );
}
