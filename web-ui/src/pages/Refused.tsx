// Where the link in a refusal leads: why somebody got no seat, said to them. The secret is in the fragment, which no
// server sees on the way.
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Explanation, refusals } from '../api/analytics';
import { useMay } from '../auth/login';
import { Door } from '../shell/Door';
import { AssignToRefused } from '../ui/AssignSeat';
import { Answered, Empty, Facts, Id, Status } from '../ui/parts';
import { met, times } from '../words/refusals';
import { exact, span } from '../words/time';

export function Page() {
  const [secret] = useState(() => location.hash.slice(1));
  return (
    <Door title="Why there was no seat">
      <div className="panel">
        {secret ? (
          <Explained secret={secret} />
        ) : (
          <Empty title="This link is not complete">Open it again with all that comes after the #.</Empty>
        )}
      </div>
    </Door>
  );
}

function Explained({ secret }: { secret: string }) {
  const explained = useQuery(refusals.explained(secret));
  return <Answered query={explained}>{(data) => <Shown explanation={data} />}</Answered>;
}

function Shown({ explanation }: { explanation: Explanation }) {
  const { reason, at, product, plan, oldest_since, free_by, server_time, tries, now, refusal, renewal_url, next } =
    explanation;
  const free = now.limit - now.in_use;
  const wait = free_by ? (Date.parse(free_by) - Date.parse(server_time)) / 1000 : 0;
  const soonest = reason === 'holder_limit_reached' ? 'Your next session ends' : 'The next free';
  // A license without seats frees none, and a seat that is free now helps only against this limit.
  const waits = wait > 0 && (reason !== 'seat_limit_reached' || (free <= 0 && now.limit > 0));
  return (
    <div className="inside">
      <p className="say">
        <b>{met(explanation)}</b>
      </p>
      <div className="dim small">
        {product} {plan}, {exact(at)}
      </div>
      <div className="door-facts">
        <Facts
          wide={['Longest in use since', soonest]}
          facts={{
            'In use now': (
              <Status tone={free > 0 ? 'good' : 'warn'}>
                {now.in_use} of {now.limit}
              </Status>
            ),
            ...(oldest_since && { 'Longest in use since': exact(oldest_since) }),
            ...(waits && { [soonest]: `in ${span(Math.ceil(wait))} at the latest, if its device is silent` }),
            ...(tries != null && tries > 1 && { 'Tried then': times(tries) }),
          }}
        />
      </div>
      <h2 className="door-head">What you can do</h2>
      <ul className="steps">
        {next.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ul>
      {reason === 'seat_not_assigned' && refusal && <ForWhoAssigns id={refusal} />}
      {renewal_url && (
        <Button component="a" href={renewal_url} rel="noreferrer" variant="default" fullWidth mt="md">
          Ask the vendor
        </Button>
      )}
      {refusal && (
        <p className="dim small">
          If you ask for help, quote <Id value={refusal} what="this refusal's name" />
        </p>
      )}
    </div>
  );
}

/** Who opens the link may be signed in, and be the one who assigns the seats: the refusal is read as theirs to see. */
function ForWhoAssigns({ id }: { id: string }) {
  const mayAssign = useMay().assign;
  const refusal = useQuery({ ...refusals.one(id), enabled: mayAssign, retry: false }).data;
  return refusal ? <AssignToRefused refusal={refusal} /> : null;
}
