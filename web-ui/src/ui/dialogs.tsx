// Dialogs that change something: a form, and a question that wants a reason.
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useFocusBack } from './focus';
import { Trouble } from './parts';

export function FormDialog(props: {
  title: string;
  submit: string;
  danger?: boolean;
  busy: boolean;
  /** Whether what is needed to decide is not there yet. */
  waits?: boolean;
  error?: Error | null;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
  extra?: ReactNode;
}) {
  useFocusBack();
  return (
    <Modal opened onClose={props.onClose} title={props.title} size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          props.onSubmit();
        }}
      >
        <Stack gap="sm">
          {props.children}
          {props.error && <Trouble error={props.error} />}
          <Group justify="flex-end" mt="xs">
            {props.extra}
            <Button variant="default" onClick={props.onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              color={props.danger ? 'red.9' : undefined}
              data-danger={props.danger || undefined}
              loading={props.busy}
              disabled={props.waits}
            >
              {props.submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** Asks for a reason before something is ended; clients read it. */
export function ReasonDialog(props: {
  title: string;
  submit: string;
  save: { mutate: (reason: string) => void; isPending: boolean; error: Error | null };
  onClose: () => void;
  children: ReactNode;
}) {
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  return (
    <FormDialog
      title={props.title}
      submit={props.submit}
      danger
      busy={props.save.isPending}
      error={props.save.error}
      onClose={props.onClose}
      onSubmit={() => (reason.trim() ? props.save.mutate(reason.trim()) : setMissing(true))}
    >
      <Text size="sm">{props.children}</Text>
      <TextInput
        label="Reason"
        description="Its user reads it."
        placeholder="Moved to another machine"
        maxLength={200}
        value={reason}
        error={missing && !reason.trim() ? 'Say why; it is shown to those it concerns.' : null}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-autofocus
      />
    </FormDialog>
  );
}
