// Assigning a seat of a license: the button for it, and why there is nothing to assign where every seat is somebody's.
import { Button, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { type License, queries } from '../api/queries';
import { useMay } from '../auth/login';
import { AssignForm } from '../forms/AssignForm';
import { Status } from './parts';

export const seatsOf = ({ seats }: License) => seats.limit - seats.overage;
export const isAllAssigned = (license: License) => license.seats.assigned >= seatsOf(license);

/** Why no seat can be assigned, with the id by which a button says it; nothing where one can. */
export function AllAssigned({ license, id }: { license: License; id: string }) {
  if (!isAllAssigned(license)) return null;
  const seats = seatsOf(license);
  const all = seats === 1 ? 'The one seat is assigned' : `All ${seats.toLocaleString('en')} seats are assigned`;
  return (
    <Text id={id} size="sm" c="dimmed">
      {seats === 0 ? 'The license has no seats' : `${all}: take one away first, or have the license given more`}.
    </Text>
  );
}

/** What cannot be pressed keeps its place among what Tab reaches, so that its reason is read there as well. */
export function AssignButton(props: { license: License; email?: string; why: string }) {
  const { license, email } = props;
  const [open, setOpen] = useState(false);
  const isFull = isAllAssigned(license);
  return (
    <>
      <Button
        data-disabled={isFull || undefined}
        aria-disabled={isFull || undefined}
        aria-describedby={isFull ? props.why : undefined}
        onClick={() => isFull || setOpen(true)}
      >
        {email ? `Assign a seat to ${email}` : 'Assign a seat'}
      </Button>
      {open && <AssignForm license={license} email={email} onClose={() => setOpen(false)} />}
    </>
  );
}

/** A seat for whoever was refused for want of one in their name, where the reader may give it. */
export function AssignToRefused({ refusal }: { refusal: { license: string; email?: string | null } }) {
  const why = useId();
  const email = refusal.email ?? '';
  const enabled = useMay().assign && email !== '';
  const license = useQuery({ ...queries.license(refusal.license), enabled }).data;
  const assigned = useInfiniteQuery({ ...queries.assignments(refusal.license, email), enabled }).data;
  if (!license || !assigned || license.plan.holder !== 'named_user' || license.status === 'revoked') return null;
  const isTheirs = assigned.pages.some(({ items }) => items.some((assignment) => assignment.email === email));
  if (isTheirs) {
    return (
      <p className="say">
        <Status tone="good">A seat is assigned to {email} now.</Status>
      </p>
    );
  }
  return (
    <div className="assign">
      <AssignButton license={license} email={email} why={why} />
      <AllAssigned license={license} id={why} />
    </div>
  );
}
