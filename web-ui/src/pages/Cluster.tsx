import { Button, Menu, Text, TextInput } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../api/client';
import { type Cluster, type NodeFacts, queries } from '../api/queries';
import { useSave } from '../api/save';
import { useMay } from '../auth/login';
import { FormDialog } from '../ui/dialogs';
import { Ago, Answered, Empty, Facts, Page as Frame, Id, Note, Panel, Status } from '../ui/parts';
import { Secret } from '../ui/Secret';
import { Table } from '../ui/Table';
import { health, ledUntilNow } from '../words/cluster';
import { counted } from '../words/refusals';
import { bytes } from '../words/size';
import { exact, onDay } from '../words/time';

const RENEWAL_DUE_MS = 30 * 86_400_000;

export function Page() {
  const cluster = useQuery(queries.cluster);
  const [joining, setJoining] = useState(false);
  const mayChange = useMay().administer;
  return (
    <Frame
      title="Cluster"
      about={cluster.data && <Id value={cluster.data.id} what="cluster id" />}
      actions={mayChange && <Button onClick={() => setJoining(true)}>Add a node</Button>}
    >
      <Answered query={cluster}>
        {(view) => {
          const { tone, sentence, more } = health(view);
          return (
            <>
              <Panel>
                <Text fw={600} size="lg" component="div">
                  <Status tone={tone}>{sentence}</Status>
                </Text>
                <Text size="sm" c="dimmed" mt={4}>
                  {more}
                </Text>
              </Panel>
              {Date.parse(view.certified_until) - Date.now() < RENEWAL_DUE_MS && (
                <Note tone="warn" title="The cluster's certificate ends soon">
                  From its end on no seat can be taken. `usher key certify` makes a new one where the root key is,
                  `usher key install` puts it into each node.
                </Note>
              )}
              <Nodes view={view} mayChange={mayChange} />
              <Panel title={`As node ${view.node} sees it`}>
                <Facts
                  wide={['Waiting']}
                  facts={{
                    Leader: view.leader == null || ledUntilNow(view) ? 'none' : `node ${view.leader}`,
                    Term: view.term.toLocaleString('en'),
                    'Last entry': view.last_log.toLocaleString('en'),
                    'Still to apply': view.lag.toLocaleString('en'),
                    'Snapshot up to': view.snapshot === 0 ? 'none yet' : view.snapshot.toLocaleString('en'),
                    Waiting: `${counted(view.waiting.proposals, 'command')}, ${counted(view.waiting.heartbeats, 'heartbeat')}`,
                    'Certificate until': onDay(view.certified_until),
                    Version: `usher ${view.version}`,
                    'Version of commands': view.cluster_version,
                  }}
                />
              </Panel>
              <JoinTokens />
            </>
          );
        }}
      </Answered>
      {joining && cluster.data && <AddNode peer={peerOf(cluster.data)} onClose={() => setJoining(false)} />}
    </Frame>
  );
}

type Node = Cluster['nodes'][number];

/** Where a new node asks to be let in. */
const peerOf = ({ nodes, leader, node }: Cluster) =>
  (nodes.find(({ id }) => id === (leader ?? node)) ?? nodes[0])?.peer_address ?? 'HOST:PORT';

function Nodes({ view, mayChange }: { view: Cluster; mayChange: boolean }) {
  const [asked, setAsked] = useState<{ node: Node; ask: 'lead' | 'remove' } | null>(null);
  const close = () => setAsked(null);
  const alone = ledUntilNow(view);
  const role = ({ id, role, replaces }: Node) => (
    <Status tone={role === 'voter' || (role === 'leader' && !alone) ? 'good' : 'quiet'}>
      {role === 'leader' && alone ? 'led until now' : role}
      {replaces != null && `, replaces ${replaces}`}
      {id === view.node && ' (answers you)'}
    </Status>
  );
  return (
    <Panel title="Nodes" flush>
      <Table
        label="Nodes"
        rows={view.nodes}
        id={({ id }) => id}
        columns={[
          {
            label: 'Node',
            cell: ({ id, name, api_url, admitted_at }) => (
              <b title={`${api_url}, since ${exact(admitted_at)}`}>{`${name} (${id})`}</b>
            ),
          },
          { label: 'Role', cell: role },
          { label: 'State', cell: ({ id }) => <Told id={id}>{answersOf}</Told> },
          {
            label: 'Behind by',
            align: 'right',
            cell: ({ id, lag }) =>
              lag == null || alone ? (
                <Told id={id}>{({ last_log }) => behind(view.last_log, last_log)}</Told>
              ) : (
                entries(lag)
              ),
          },
          {
            label: 'Clock',
            cell: ({ id }) => <Told id={id}>{({ clock_offset_ms }) => clockOf(clock_offset_ms)}</Told>,
          },
          {
            label: 'Disk free',
            align: 'right',
            cell: ({ id }) => <Told id={id}>{({ disk_free_bytes }) => diskOf(disk_free_bytes)}</Told>,
          },
          {
            label: 'Log size',
            align: 'right',
            wide: true,
            cell: ({ id }) => <Told id={id}>{({ log_bytes }) => bytes(log_bytes)}</Told>,
          },
          { label: 'Version', cell: ({ id }) => <Told id={id}>{({ version }) => version ?? null}</Told> },
          {
            label: 'Certificate until',
            wide: true,
            cell: ({ id }) => (
              <Told id={id}>{({ certified_until }) => (certified_until ? onDay(certified_until) : null)}</Told>
            ),
          },
          ...(mayChange
            ? [
                {
                  label: '',
                  align: 'right' as const,
                  cell: (node: Node) => (
                    <Menu>
                      <Menu.Target>
                        <Button variant="default" size="compact-xs" px={6} aria-label={`More about ${node.name}`}>
                          <IconDots size={14} />
                        </Button>
                      </Menu.Target>
                      <Menu.Dropdown>
                        <Menu.Item
                          data-autofocus={node.role === 'voter' || undefined}
                          disabled={node.role !== 'voter'}
                          onClick={() => setAsked({ node, ask: 'lead' })}
                        >
                          Give it the lead …
                        </Menu.Item>
                        <Menu.Item
                          data-autofocus
                          c="var(--usher-bad)"
                          onClick={() => setAsked({ node, ask: 'remove' })}
                        >
                          Remove …
                        </Menu.Item>
                      </Menu.Dropdown>
                    </Menu>
                  ),
                },
              ]
            : []),
        ]}
      />
      {asked?.ask === 'lead' && <GiveLead node={asked.node} onClose={close} />}
      {asked?.ask === 'remove' && <Remove node={asked.node} onClose={close} />}
    </Panel>
  );
}

/** What a node says of itself, once it has. */
function Told({ id, children }: { id: number; children: (facts: NodeFacts) => React.ReactNode }) {
  const facts = useQuery(queries.node(id));
  if (!facts.data) return <span className="dim">{facts.error ? '–' : '…'}</span>;
  return children(facts.data) ?? <span className="dim">–</span>;
}

const answersOf = ({ answers }: NodeFacts) =>
  answers ? <Status tone="good">answers</Status> : <Status tone="bad">does not answer</Status>;

const entries = (count: number) => `${count.toLocaleString('en')} ${count === 1 ? 'entry' : 'entries'}`;

const behind = (ours: number, theirs: number | null | undefined) =>
  theirs == null ? null : entries(Math.max(0, ours - theirs));

/** A clock that is off by less is right: the way of the question is in it. */
const CLOCK_OFF_MS = 1000;

function clockOf(offset: number | null | undefined) {
  if (offset == null) return null;
  if (Math.abs(offset) < CLOCK_OFF_MS) return <span title={`${offset} ms`}>right</span>;
  return <Status tone="warn">{`${(Math.abs(offset) / 1000).toFixed(1)} s ${offset > 0 ? 'fast' : 'slow'}`}</Status>;
}

const DISK_LOW = 2 * 2 ** 30;

function diskOf(free: number | null | undefined) {
  if (free == null) return null;
  return free < DISK_LOW ? <Status tone="bad">{bytes(free)}</Status> : bytes(free);
}

function GiveLead({ node, onClose }: { node: Node; onClose: () => void }) {
  const save = useSave({
    send: (_: undefined, header) => api.POST('/api/v1/cluster/transfer', { params: { header }, body: { to: node.id } }),
    said: () => `${node.name} has the lead.`,
    done: onClose,
  });
  return (
    <FormDialog
      title={`Give the lead to ${node.name}`}
      submit="Give the lead"
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
    >
      <Text size="sm">Calls wait for a moment while the lead changes; none is lost.</Text>
    </FormDialog>
  );
}

function Remove({ node, onClose }: { node: Node; onClose: () => void }) {
  const [name, setName] = useState('');
  const save = useSave({
    send: (_: undefined, header) =>
      api.DELETE('/api/v1/cluster/nodes/{id}', { params: { path: { id: node.id }, header } }),
    said: () => `${node.name} was removed.`,
    done: onClose,
  });
  return (
    <FormDialog
      title={`Remove ${node.name}`}
      submit="Remove for good"
      danger
      busy={save.isPending}
      error={save.error}
      onSubmit={() => name === node.name && save.mutate(undefined)}
      onClose={onClose}
    >
      <Text size="sm">
        Its number is never used again; to come back it has to join anew. It is refused if the cluster would stop
        answering without it.
      </Text>
      <TextInput
        label={`Type ${node.name} to be sure`}
        value={name}
        error={name !== '' && !node.name.startsWith(name) ? 'That is another name.' : null}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
    </FormDialog>
  );
}

function JoinTokens() {
  const tokens = useQuery(queries.joinTokens);
  return (
    <Panel title="Join tokens" flush>
      <Answered query={tokens}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No join tokens">One is made for each node that is to come.</Empty>
          ) : (
            <Table
              label="Join tokens"
              rows={[...items].reverse()}
              id={({ id }) => id}
              columns={[
                { label: 'Token', cell: ({ id }) => <Id value={id} /> },
                {
                  label: 'State',
                  cell: ({ used_by, expires_at }) => {
                    if (used_by != null) return <Status tone="quiet">{`used by node ${used_by}`}</Status>;
                    if (Date.parse(expires_at) < Date.now()) return <Status tone="quiet">ended unused</Status>;
                    return <Status tone="good">may be used</Status>;
                  },
                },
                { label: 'Made', cell: ({ created_at }) => <Ago time={created_at} /> },
                { label: 'Ends', cell: ({ expires_at }) => <Ago time={expires_at} /> },
              ]}
            />
          )
        }
      </Answered>
    </Panel>
  );
}

function AddNode({ peer, onClose }: { peer: string; onClose: () => void }) {
  const [secret, setSecret] = useState<string | null>(null);
  const save = useSave({
    send: (_: undefined, header) => api.POST('/api/v1/cluster/join-tokens', { params: { header }, body: {} }),
    done: ({ token }) => setSecret(token),
  });
  if (secret) {
    return (
      <Secret
        title="The join token"
        secret={`usher join ${peer} --token ${secret} --data /var/lib/usher`}
        what="command"
        onClose={onClose}
      >
        Run this on the new machine within an hour, then <span className="mono">usher server</span>. It works once.
        Whoever has the token can take all of the cluster's secrets.
      </Secret>
    );
  }
  return (
    <FormDialog
      title="Add a node"
      submit="Make a join token"
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
    >
      <Text size="sm">
        A new node joins with a token that works once and for an hour. It follows the others until it has caught up, and
        then votes. The cluster votes with up to three nodes; the loss of one is outlived from three on.
      </Text>
    </FormDialog>
  );
}
