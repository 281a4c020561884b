// How licenses are listed, wherever they are.
import { Link } from '@tanstack/react-router';
import type { Schemas } from '../api/client';
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

type Columns = Column<License, Schemas['LicenseSort']>;

const customer: Columns = {
  label: 'Customer',
  sort: 'customer',
  cell: ({ id, customer }) => (
    <Link to="/licenses/$id" params={{ id }}>
      {customer.name}
    </Link>
  ),
};
const product: Columns = {
  label: 'Product',
  sort: 'product',
  cell: ({ product, plan }) => `${product.name} ${plan.name}`,
};
const productLink: Columns = {
  label: 'Product',
  cell: ({ id, product, plan }) => (
    <Link to="/licenses/$id" params={{ id }}>
      {product.name} {plan.name}
    </Link>
  ),
};
const rest: Columns[] = [
  { label: 'Status', cell: ({ status }) => <LicenseStatus status={status} /> },
  {
    label: 'Seats',
    sort: 'in_use',
    first: 'desc',
    cell: ({ seats }) => <Seats inUse={seats.in_use} limit={seats.limit} />,
  },
  {
    label: 'Ends',
    sort: 'ends',
    cell: ({ expires_at }) => <Ends time={expires_at} />,
  },
  { label: 'Key', cell: ({ key_hint }) => <span className="mono">…{key_hint}</span> },
];

export const licenseColumns = [customer, product, ...rest];
export const licenseColumnsOfOne = [productLink, ...rest];
