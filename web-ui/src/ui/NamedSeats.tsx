// The seats of a license that are assigned by name: who has one, and giving and taking them.
import { Button, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { api } from '../api/client';
import { type Assignment, type License, queries } from '../api/queries';
import { useSave } from '../api/save';
import { useAccount, useMay } from '../auth/login';
import { counted } from '../words/refusals';
import { AllAssigned, AssignButton, isAllAssigned, seatsOf } from './AssignSeat';
import { FormDialog } from './dialogs';
import { Filter } from './Filter';
import { Ago, Empty, Id, Panel, Status } from './parts';
import { type Column, PagedTable } from './Table';

const COLUMNS: Column<Assignment>[] = [
  { label: 'E-mail', cell: ({ email }) => <b>{email}</b> },
  { label: 'Name', cell: ({ person }) => person?.name },
  { label: 'Now', cell: (assignment) => <Use of={assignment} /> },
  { label: 'Since', cell: ({ assigned_at }) => <Ago time={assigned_at} /> },
  {
    label: 'Assigned by',
    wide: true,
    cell: (assignment) => <By of={assignment} />,
  },
];

function Use({ of: { sessions } }: { of: Assignment }) {
  if (sessions === 0) return <Status tone="quiet">not in use</Status>;
  return <Status tone="good">{sessions === 1 ? 'in use' : `in use, ${sessions} sessions`}</Status>;
}

/** Members are not told who of the vendor's people, or which of its tokens, it was. */
function By({ of: { assigned_by, assigned_by_name } }: { of: Assignment }) {
  const isMember = useAccount()?.customer !== undefined;
  return assigned_by_name ?? (isMember ? 'the vendor' : <Id value={assigned_by} what="who assigned it" />);
}

export const isNamed = ({ plan, seats }: License) => plan.holder === 'named_user' || seats.assigned > 0;

export function NamedSeats({ license }: { license: License }) {
  const [search, setSearch] = useState('');
  const why = useId();
  const [taking, setTaking] = useState<Assignment | null>(null);
  const query = useInfiniteQuery({ ...queries.assignments(license.id, search), refetchInterval: 5000 });
  const mayAssign = useMay().assign;
  const seats = seatsOf(license);
  const assign = mayAssign && license.status !== 'revoked' && <AssignButton license={license} why={why} />;
  const actions: Column<Assignment> = {
    label: '',
    align: 'right',
    cell: (assignment) => (
      <Button
        variant="default"
        size="compact-xs"
        onClick={() => setTaking(assignment)}
        aria-label={`Take away the seat of ${assignment.email}`}
      >
        Take away
      </Button>
    ),
  };
  return (
    <Panel
      title={`Named seats · ${license.seats.assigned} of ${seats} assigned`}
      flush
      actions={
        <>
          <Filter label="E-mail or name" onChange={setSearch} />
          {license.seats.assigned > 0 && assign}
        </>
      }
    >
      {license.plan.holder !== 'named_user' && (
        <Text size="sm" c="dimmed" className="inside">
          The plan gives its seats to whoever comes first, so these assignments do not count for now.
        </Text>
      )}
      {assign && isAllAssigned(license) && (
        <div className="inside">
          <AllAssigned license={license} id={why} />
        </div>
      )}
      <PagedTable
        label="Named seats"
        query={query}
        id={({ holder }) => holder}
        columns={mayAssign ? [...COLUMNS, actions] : COLUMNS}
        empty={
          search ? (
            <Empty title={`No seat is assigned to "${search}"`} />
          ) : (
            <Empty title="No seat is assigned yet" action={assign}>
              Nobody gets a seat of this license until one is assigned to their e-mail address.
              {!mayAssign && ' A team admin assigns them.'}
            </Empty>
          )
        }
      />
      {taking && <TakeAway license={license} assignment={taking} onClose={() => setTaking(null)} />}
    </Panel>
  );
}

function TakeAway(props: { license: License; assignment: Assignment; onClose: () => void }) {
  const { license, assignment } = props;
  const { email, person, sessions } = assignment;
  const name = person?.name ?? email;
  const save = useSave({
    send: (_: undefined, header) =>
      api.POST('/api/v1/licenses/{id}/unassign', { params: { path: { id: license.id }, header }, body: { email } }),
    said: () => `The seat of ${email} was taken away.`,
    done: props.onClose,
  });
  return (
    <FormDialog
      title={`Take away the seat of ${email}`}
      submit="Take away"
      danger
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={props.onClose}
    >
      <Text size="sm">
        {sessions === 0
          ? 'It is not in use at the moment.'
          : `${name} is put out: ${counted(sessions, 'live session')} ${sessions === 1 ? 'ends' : 'end'} now, and the application is told why.`}{' '}
        {license.plan.holder === 'named_user'
          ? `${name} gets no seat of this license until one is assigned to them again.`
          : 'The plan gives its seats to whoever comes first, so they can take one as anybody can.'}
      </Text>
    </FormDialog>
  );
}
