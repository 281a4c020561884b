import { Button, CopyButton, Group, Modal, Stack, Text } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useFocusBack } from './focus';

interface Once {
  title: string;
  secret: string;
  what: string;
  children: ReactNode;
  onClose: () => void;
}

/** Something that is shown once, as soon as it is there: a license key, a token. */
export function Secret({ secret, ...more }: Omit<Once, 'secret'> & { secret: string | null }) {
  return secret !== null && <Shown secret={secret} {...more} />;
}

function Shown(props: Once) {
  useFocusBack();
  return (
    <Modal
      opened
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
          <CopyButton value={props.secret}>
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
