// What an application says when it is refused, and what helps.
import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { queries } from '../../api/queries';
import { supportLink, useBranding } from '../../shell/branding';
import { Page as Frame, Panel, Status } from '../../ui/parts';

const REFUSALS: { code: string; title: string; text: string }[] = [
  {
    code: 'SEAT_LIMIT_REACHED',
    title: 'Every seat is in use',
    text: 'Close the application where it is not needed. A device that crashed or went to sleep gives its seat back by itself after the time that the plan sets; a team admin can free it at once.',
  },
  {
    code: 'GHOST_LIMIT_REACHED',
    title: 'Too many devices run without a network',
    text: 'They may go on for a while without a server, and count until then. Connect one of them again and close the application there, or wait for the time that the message names.',
  },
  {
    code: 'HOLDER_LIMIT_REACHED',
    title: 'Too many copies at once',
    text: 'You, or this device, run as many copies as the plan allows: it counts either those of one user, wherever they run, or those on one device. Close one of them.',
  },
  {
    code: 'SEAT_NOT_ASSIGNED',
    title: 'No seat was found in your name',
    text: 'The seats of this license have names on them. A team admin assigns you one on the page of the license, by the e-mail address that you sign in with. If you have one already, the sign-in in the application vouches for another address or for none: have your address verified where you sign in, or run usher login.',
  },
  {
    code: 'USER_REQUIRED',
    title: 'Nobody is signed in in the application',
    text: 'This license counts people. Sign in in the application; if it knows no sign-in, run usher login, or make a user token on the page of your account, and give it to the application.',
  },
  {
    code: 'TOKEN_INVALID',
    title: 'The sign-in in the application is not accepted',
    text: 'The message says why: it may have expired, or belong to somebody of another customer. Sign in again in the application, or give it a new user token.',
  },
  {
    code: 'LICENSE_EXPIRED',
    title: 'The license has ended',
    text: 'It can be extended, and then goes on with the same key.',
  },
  {
    code: 'LICENSE_NOT_STARTED',
    title: 'The license has not started yet',
    text: 'Its first day is on its page.',
  },
  {
    code: 'LICENSE_SUSPENDED',
    title: 'The license is on hold',
    text: 'Why it was put on hold is on its page. It goes on once whoever sold it takes it off hold.',
  },
  {
    code: 'LICENSE_REVOKED',
    title: 'The license was ended',
    text: 'Why is on its page. Its key never works again; only another license helps.',
  },
  {
    code: 'LICENSE_NOT_FOUND',
    title: 'The key is not known',
    text: 'It was mistyped, the license has a new key since, or the application asks another server. A team admin can make a new key, which ends the one before.',
  },
  {
    code: 'SESSION_REVOKED',
    title: 'This session was ended',
    text: 'The message says why. If your seat was taken away, a team admin can assign you one again; else start the application again to ask for a seat anew.',
  },
];

export function Page() {
  const { name, support } = useBranding();
  const licenses = useQuery({ ...queries.allLicenses, refetchInterval: 10_000 }).data?.items ?? [];
  const full = licenses.filter(({ status, seats }) => status === 'active' && seats.in_use >= seats.limit);
  const stopped = licenses.filter(({ status }) => status !== 'active');
  return (
    <Frame title="If you are refused" about="What an application tells you, what it means, and what helps">
      {(full.length > 0 || stopped.length > 0) && (
        <Panel title="It may be this">
          <ul className="plain">
            {[...full, ...stopped].map(({ id, product, plan, status }) => (
              <li key={id}>
                <Status tone="warn">
                  <span>
                    <Link to="/portal/licenses/$id" params={{ id }}>
                      {product.name} {plan.name}
                    </Link>
                    {status === 'active' ? ': every seat is in use' : `: ${status.replace('_', ' ')}`}
                  </span>
                </Status>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      <Panel flush>
        <dl className="refusals">
          {REFUSALS.map(({ code, title, text }) => (
            <div key={code}>
              <dt>
                <b>{title}</b> <span className="mono dim">{code}</span>
              </dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      </Panel>
      <Panel title="Still stuck?">
        <Text size="sm">
          {support ? (
            <>
              Ask {name}: <a href={supportLink(support)}>{support}</a>. Say what the message says, and which license it
              is by the end of its key.
            </>
          ) : (
            'Ask whoever sold you the license. Say what the message says, and which license it is by the end of its key.'
          )}
        </Text>
      </Panel>
    </Frame>
  );
}
