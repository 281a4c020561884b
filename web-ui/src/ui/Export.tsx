// A list as a file: every page of it, as it is asked for on the page.
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { type Page, whole } from '../api/queries';
import { type Columns, csv } from '../words/csv';

/** More rows than these are a job for the API. */
const ROWS_MAX = 20_000;

export function Export<T>(props: {
  /** What the file is called. */
  name: string;
  read: (cursor?: string) => Promise<Page<T>>;
  columns: Columns<T>;
}) {
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      const { items, complete } = await whole(props.read, ROWS_MAX);
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([csv(items, props.columns)], { type: 'text/csv' }));
      link.download = `${props.name}-${new Date().toISOString().slice(0, 10)}.csv`;
      link.click();
      URL.revokeObjectURL(link.href);
      const more = complete ? '' : ', and there are more: take the rest from the API';
      notifications.show({ message: `${items.length.toLocaleString('en')} rows were written${more}.` });
    } catch (error) {
      notifications.show({ color: 'red', message: error instanceof Error ? error.message : String(error) });
    }
    setBusy(false);
  };
  return (
    <Button variant="default" loading={busy} leftSection={<IconDownload size={14} aria-hidden />} onClick={save}>
      CSV
    </Button>
  );
}
