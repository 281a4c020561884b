import { Secret } from '../ui/Secret';

export function NewKey({ license, onClose }: { license: string | null; onClose: () => void }) {
  return (
    <Secret title="The license key" secret={license} what="key" onClose={onClose}>
      This is the only time that it is shown: the server keeps no key, only what recognises it. Hand it to the customer
      now. If it is lost, give the license a new one.
    </Secret>
  );
}
