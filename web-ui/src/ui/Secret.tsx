import { Button, CopyButton, Group, Modal, Stack, Text } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useFocusBackWhenClosed } from './focus';

/** Something that is shown once: a license key, a token. */
export function Secret(props: {
  title: string;
  secret: string | null;
  what: string;
  children: ReactNode;
  onClose: () => void;
}) {
  useFocusBackWhenClosed(props.secret !== null);
  return (
    <Modal
      opened={props.secret !== null}
      onClose={props.onClose}
      title={props.title}
      size="lg"
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack>
        <div className="secret">
          <span data-testid="secret">{props.secret}</span>
        </div>
        <Text size="sm" c="dimmed">
          {props.children}
        </Text>
        <Group justify="flex-end">
          <CopyButton value={props.secret ?? ''}>
            {({ copied, copy }) => (
              <Button
                variant="default"
                onClick={copy}
                leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
              >
                {copied ? 'Copied' : `Copy ${props.what}`}
              </Button>
            )}
          </CopyButton>
          <Button onClick={props.onClose}>I have kept it</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
