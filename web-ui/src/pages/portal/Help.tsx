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
    text: 'Close the application where it is not needed. A device that crashed or went to sleep gives its seat back within minutes; a team admin can free it at once.',
  },
  {
    code: 'GHOST_LIMIT_REACHED',
    title: 'Too many devices run without a network',
    text: 'They may go on for a while without a server, and count until then. Connect one of them again, or wait for the time that the message names.',
  },
  {
    code: 'HOLDER_LIMIT_REACHED',
    title: 'Too many copies on one device',
    text: 'Close some of the copies that run on this device.',
  },
  {
    code: 'SEAT_NOT_ASSIGNED',
    title: 'No seat is assigned to you',
    text: 'The seats of this license have names on them. A team admin assigns you one on the page of the license, by the e-mail address that you sign in with.',
  },
  {
    code: 'USER_REQUIRED',
    title: 'Nobody is signed in in the application',
    text: 'This license counts people. Sign in in the application; if it knows no sign-in, run usher login, or make a user token on the page of your account, and give it to the application.',
  },
  {
    code: 'TOKEN_INVALID',
    title: 'The sign-in in the application is no longer good',
    text: 'It has expired, or belongs to somebody of another customer. Sign in again in the application, or give it a new user token.',
  },
  {
    code: 'LICENSE_EXPIRED',
    title: 'The license has ended',
    text: 'It can be extended, and then goes on with the same key.',
  },
  {
    code: 'LICENSE_NOT_STARTED',
    title: 'The license has not started yet',
    text: 'Its first day is on its page. Check the date of this device too.',
  },
  {
    code: 'LICENSE_SUSPENDED',
    title: 'The license is on hold',
    text: 'Why it was put on hold is on its page. It goes on once that is settled.',
  },
  {
    code: 'LICENSE_REVOKED',
    title: 'The license was ended',
    text: 'Its key never works again; another license takes its place.',
  },
  {
    code: 'LICENSE_NOT_FOUND',
    title: 'The key is not known',
    text: 'It was mistyped, or the license has a new key since. A team admin can make a new one, which ends the one before.',
  },
  {
    code: 'SESSION_REVOKED',
    title: 'Somebody ended this session',
    text: 'The message says why. Start the application again to ask for a seat anew.',
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
