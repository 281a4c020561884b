import { Text } from '@mantine/core';
import { api } from '../api/client';
import type { License } from '../api/queries';
import { useSave } from '../api/save';
import { FormDialog } from '../ui/dialogs';

export function RotateKey(props: { license: License; onClose: () => void; onDone: (key: string) => void }) {
  const { license, onClose } = props;
  const save = useSave({
    send: (_: undefined, header) =>
      api.POST('/api/v1/licenses/{id}/rotate-key', { params: { path: { id: license.id }, header } }),
    done: ({ license_key }) => {
      onClose();
      props.onDone(license_key);
    },
  });
  return (
    <FormDialog
      title="Give the license a new key"
      submit="Make a new key"
      danger
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
    >
      <Text size="sm">
        The key that ends with <span className="mono">{license.key_hint}</span> stops working at once. Live sessions go
        on; whoever starts next needs the new one.
      </Text>
    </FormDialog>
  );
}
