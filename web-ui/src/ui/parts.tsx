// The small parts that pages are put together of.
import { ActionIcon, Anchor, Center, CopyButton, Group, Loader, Stack, Text, Tooltip } from '@mantine/core';
import { IconCheck, IconChevronLeft, IconCopy } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useSyncExternalStore } from 'react';
import { Problem, UNREACHABLE } from '../api/client';
import type { Tone } from '../words/audit';
import { ago, exact, onDay } from '../words/time';

/** The list that a page of one thing was reached from. */
interface Back {
  to: string;
  name: string;
}

export function Page(props: {
  title: ReactNode;
  about?: ReactNode;
  back?: Back;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className="page">
      <header>
        <div>
          {props.back && (
            <Link to={props.back.to} className="back">
              <IconChevronLeft size={14} aria-hidden /> {props.back.name}
            </Link>
          )}
          <h1>{props.title}</h1>
          {props.about && (
            <Text component="div" size="sm" c="dimmed" mt={2}>
              {props.about}
            </Text>
          )}
        </div>
        {props.actions && <Group gap={5}>{props.actions}</Group>}
      </header>
      <Stack gap="md">{props.children}</Stack>
    </div>
  );
}

export function Panel(props: { title?: ReactNode; actions?: ReactNode; flush?: boolean; children: ReactNode }) {
  return (
    <section className="panel">
      {(props.title || props.actions) && (
        <header>
          {typeof props.title === 'string' ? <h2>{props.title}</h2> : props.title}
          {props.actions && (
            <Group gap="xs" className="panel-actions">
              {props.actions}
            </Group>
          )}
        </header>
      )}
      {props.flush ? props.children : <div className="inside">{props.children}</div>}
    </section>
  );
}

export function Status({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className="status" data-tone={tone}>
      {children}
    </span>
  );
}

/** One clock for all that show how long ago something was: it moves now and then, so that "3 seconds ago" stays true. */
class Clock {
  private now = Date.now();
  private listeners = new Set<() => void>();
  private timer = 0;

  constructor(private readonly everyMs: number) {}

  read = () => this.now;

  watch = (listener: () => void) => {
    this.listeners.add(listener);
    if (!this.timer) {
      this.now = Date.now();
      this.timer = window.setInterval(this.tick, this.everyMs);
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      clearInterval(this.timer);
      this.timer = 0;
    };
  };

  private tick = () => {
    this.now = Date.now();
    for (const listener of this.listeners) listener();
  };
}

const OFTEN = new Clock(1000);
const SELDOM = new Clock(20_000);

export function Ago({ time, often }: { time: string | null | undefined; often?: boolean }) {
  const clock = often ? OFTEN : SELDOM;
  const now = useSyncExternalStore(clock.watch, clock.read);
  if (!time) return <span className="dim">never</span>;
  // What has just been is not to come, though the clock has not moved since.
  const seen = Math.max(now, Math.min(Date.parse(time), Date.now()));
  return (
    <time dateTime={time} title={exact(time)}>
      {ago(time, seen)}
    </time>
  );
}

const SOON_MS = 90 * 86_400_000;

/** The day on which something ends, and how far off that is if it is near. */
export function Ends({ time }: { time: string | null | undefined }) {
  if (!time) return <span className="dim">never</span>;
  const left = Date.parse(time) - Date.now();
  return (
    <time dateTime={time} title={exact(time)}>
      {onDay(time)}
      {left > 0 && left < SOON_MS && <span className="dim"> {ago(time)}</span>}
    </time>
  );
}

export function Copy({ value, what }: { value: string; what: string }) {
  return (
    <CopyButton value={value} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : `Copy ${what}`}>
          <ActionIcon variant="subtle" color="gray" size="sm" onClick={copy} aria-label={`Copy ${what}`}>
            {copied ? <IconCheck size={13} /> : <IconCopy size={13} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

export function Id({ value, what = 'id' }: { value: string; what?: string }) {
  return (
    <span className="id mono">
      <span title={value}>{value.length > 20 ? `${value.slice(0, 12)}…${value.slice(-4)}` : value}</span>
      <Copy value={value} what={what} />
    </span>
  );
}

export function Seats({ inUse, limit }: { inUse: number; limit: number }) {
  const share = limit > 0 ? Math.min(1, inUse / limit) : inUse > 0 ? 1 : 0;
  return (
    <span className="seats">
      <span>
        {inUse.toLocaleString('en')} <span className="dim">of {limit.toLocaleString('en')}</span>
      </span>
      <Bar share={share} />
    </span>
  );
}

export function Bar({ share }: { share: number }) {
  return (
    <span className="bar" aria-hidden>
      <div data-full={share >= 1 || undefined} style={{ width: `${share * 100}%` }} />
    </span>
  );
}

/** Names and values; those named in `wide` have the room of two. */
export function Facts({ facts, wide = [] }: { facts: { [name: string]: ReactNode }; wide?: string[] }) {
  return (
    <dl className="facts">
      {Object.entries(facts).map(([name, value]) => (
        <div key={name} data-wide={wide.includes(name) || undefined}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Something to know before one goes on; `alert` where it has just come about. */
export function Note(props: { tone?: 'warn' | 'bad'; title?: string; alert?: boolean; children: ReactNode }) {
  return (
    <div className="note" data-tone={props.tone} role={props.alert ? 'alert' : undefined}>
      {props.title && <b>{props.title}</b>}
      {props.children}
    </div>
  );
}

export function Trouble({ error, again }: { error: Error; again?: () => void }) {
  const problem = error instanceof Problem ? error : null;
  return (
    <Note
      tone={problem?.passes ? 'warn' : 'bad'}
      title={problem ? titleOf(problem) : 'Something is wrong with this page'}
      alert
    >
      <div>{(problem && TOLD[problem.code]) ?? error.message}</div>
      {problem?.fields.length ? (
        <ul>
          {problem.fields.map(({ field, problem }) => (
            <li key={field + problem}>
              <b>{field}</b>: {problem}
            </li>
          ))}
        </ul>
      ) : null}
      <div className="row">
        {problem && <span className="mono">{problem.code}</span>}
        {problem?.requestId && <Id value={problem.requestId} what="request id" />}
        {again && (
          <Anchor component="button" type="button" size="sm" c="inherit" td="underline" onClick={again}>
            Try again
          </Anchor>
        )}
      </div>
    </Note>
  );
}

/** What the server says to programs, said to people. */
const TOLD: { [code: string]: string } = {
  NO_LEADER:
    'Nothing was changed. Most of its nodes do not answer, or have yet to agree on a leader, which takes a moment. Until then nothing can be changed, and nothing is shown that may not be so any more.',
};

const TITLES: { [code: string]: string } = {
  UNREACHABLE: 'The server cannot be reached',
  NO_LEADER: 'The cluster cannot answer now',
  OVERLOADED: 'The server has more to do than it can',
  OUTCOME_UNKNOWN: 'It is not known what became of it',
  FORBIDDEN: 'Not for your role',
  INTERNAL: 'The server failed',
  NOT_FOUND: 'There is no such thing',
  SIGN_IN_REFUSED: 'You are not signed in',
  INVITATION_INVALID: 'This link is not good any more',
};

function titleOf(problem: Problem): string {
  const title = TITLES[problem.code];
  if (title) return title;
  const words = problem.code.toLowerCase().replaceAll('_', ' ');
  return words[0]?.toUpperCase() + words.slice(1);
}

export function Loading() {
  return (
    <Center py={48}>
      <Loader size="sm" role="status" aria-label="Loading" />
    </Center>
  );
}

export function Empty(props: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Stack align="center" gap={6} py={40} px="md">
      <Text fw={600}>{props.title}</Text>
      {props.children && (
        <Text component="div" size="sm" c="dimmed" ta="center" maw={440}>
          {props.children}
        </Text>
      )}
      {props.action && <Group mt="xs">{props.action}</Group>}
    </Stack>
  );
}

/** A page of one thing, which has no name until the thing is there, but a way back. */
export function PageOf<T>(props: Parameters<typeof Answered<T>>[0] & { kind: string; back: Back }) {
  const { kind, back, ...answered } = props;
  if (props.query.data !== undefined) return <Answered {...answered} />;
  return (
    <Page title={kind} back={back}>
      <Answered {...answered} />
    </Page>
  );
}

/** A question's answer: what is there, that it is on its way, or why it is not. */
export function Answered<T>(props: {
  query: {
    data?: T;
    error: Error | null;
    refetch: () => unknown;
    failureCount?: number;
    failureReason?: Error | null;
  };
  children: (data: T) => ReactNode;
}) {
  const { data, refetch, failureCount = 0, failureReason = null } = props.query;
  // A broken connection is got over once without a word; a server that could not answer has waited for seconds. Of both the
  // reader hears while it is tried again.
  const silent = failureReason === UNREACHABLE ? 1 : 0;
  const error = props.query.error ?? (data === undefined && failureCount > silent ? failureReason : null);
  // What was refused for good is refused again.
  const passes = !(error instanceof Problem) || error.passes;
  return (
    <>
      {error && <Trouble error={error} again={passes ? () => refetch() : undefined} />}
      {data !== undefined ? props.children(data) : !error && <Loading />}
    </>
  );
}
