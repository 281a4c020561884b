import { TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';

/** A box that asks the server, a moment after the last key. */
export function Filter({ label, onChange }: { label: string; onChange: (text: string) => void }) {
  const later = useDebouncedCallback(onChange, 200);
  return (
    <TextInput
      className="filter"
      size="xs"
      placeholder={label}
      aria-label={label}
      leftSection={<IconSearch size={14} aria-hidden />}
      onChange={(event) => later(event.currentTarget.value.trim())}
    />
  );
}
