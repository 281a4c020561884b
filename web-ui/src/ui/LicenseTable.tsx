// How licenses are listed, wherever they are.
import { Link } from '@tanstack/react-router';
import type { License } from '../api/queries';
import type { Tone } from '../words/audit';
import { Ends, Seats, Status } from './parts';
import type { Column } from './Table';

const TONES: { [status: string]: Tone } = {
  active: 'good',
  suspended: 'warn',
  revoked: 'bad',
  expired: 'bad',
  not_started: 'quiet',
};

export function LicenseStatus({ status }: { status: License['status'] }) {
  return <Status tone={TONES[status] ?? 'quiet'}>{status.replace('_', ' ')}</Status>;
}

const customer: Column<License> = {
  label: 'Customer',
  cell: ({ id, customer }) => (
    <Link to="/licenses/$id" params={{ id }}>
      {customer.name}
    </Link>
  ),
};
const product: Column<License> = { label: 'Product', cell: ({ product, plan }) => `${product.name} ${plan.name}` };
const productLink: Column<License> = {
  label: 'Product',
  cell: ({ id, product, plan }) => (
    <Link to="/licenses/$id" params={{ id }}>
      {product.name} {plan.name}
    </Link>
  ),
};
const rest: Column<License>[] = [
  { label: 'Status', cell: ({ status }) => <LicenseStatus status={status} /> },
  { label: 'Seats', cell: ({ seats }) => <Seats inUse={seats.in_use} limit={seats.limit} /> },
  {
    label: 'Ends',
    cell: ({ expires_at }) => <Ends time={expires_at} />,
  },
  { label: 'Key', cell: ({ key_hint }) => <span className="mono">…{key_hint}</span> },
];

export const licenseColumns = [customer, product, ...rest];
export const licenseColumnsOfOne = [productLink, ...rest];
