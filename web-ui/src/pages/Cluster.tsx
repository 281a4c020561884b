import { Alert, Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../api/client';
import { type Cluster, queries } from '../api/queries';
import { useSave } from '../api/save';
import { useMayChange } from '../auth/login';
import { FormDialog } from '../ui/dialogs';
import { Ago, Answered, Empty, Facts, Page as Frame, Id, Panel, Status } from '../ui/parts';
import { Secret } from '../ui/Secret';
import { Table } from '../ui/Table';
import { health } from '../words/cluster';
import { onDay } from '../words/time';

const RENEWAL_DUE_MS = 30 * 86_400_000;

export function Page() {
  const cluster = useQuery(queries.cluster);
  const [joining, setJoining] = useState(false);
  const mayChange = useMayChange();
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
                <Alert color="orange" title="The cluster's certificate ends soon">
                  From its end on no seat can be taken. `usher key certify` makes a new one where the root key is,
                  `usher key install` puts it into each node.
                </Alert>
              )}
              <Nodes view={view} mayChange={mayChange} />
              <Panel title={`As node ${view.node} sees it`}>
                <Facts
                  facts={{
                    Leader: view.leader == null ? 'none' : `node ${view.leader}`,
                    Term: view.term.toLocaleString('en'),
                    Log: view.last_log.toLocaleString('en'),
                    'Still to apply': view.lag.toLocaleString('en'),
                    'Snapshot up to': view.snapshot.toLocaleString('en'),
                    Waiting: `${view.waiting.proposals} commands, ${view.waiting.heartbeats} heartbeats`,
                    'May sign until': onDay(view.certified_until),
                    Version: `usher ${view.version}, commands ${view.cluster_version}`,
                  }}
                />
              </Panel>
              <JoinTokens />
            </>
          );
        }}
      </Answered>
      {joining && <AddNode onClose={() => setJoining(false)} />}
    </Frame>
  );
}

type Node = Cluster['nodes'][number];

function Nodes({ view, mayChange }: { view: Cluster; mayChange: boolean }) {
  const transfer = useSave({
    send: (to: number, header) => api.POST('/api/v1/cluster/transfer', { params: { header }, body: { to } }),
    said: ({ leader }) => (leader == null ? 'The lead was handed over.' : `Node ${leader} leads.`),
  });
  const leads = view.leader === view.node;
  const role = ({ id, role, replaces }: Node) => (
    <Status tone={role === 'leader' || role === 'voter' ? 'good' : 'quiet'}>
      {role}
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
          { label: 'Node', cell: ({ id, name }) => <b>{`${name} (${id})`}</b> },
          { label: 'Role', cell: role },
          { label: 'Behind by', align: 'right', cell: ({ lag }) => (lag == null ? null : `${lag} entries`) },
          { label: 'Last heard', cell: ({ heard_ms_ago }) => (heard_ms_ago == null ? null : `${heard_ms_ago} ms ago`) },
          {
            label: 'Clock',
            cell: ({ clock_offset_ms }) => (clock_offset_ms == null ? null : `${clock_offset_ms} ms off`),
          },
          { label: 'API', cell: ({ api_url }) => <span className="mono">{api_url}</span> },
          { label: 'Since', cell: ({ admitted_at }) => <Ago time={admitted_at} /> },
          {
            label: '',
            align: 'right',
            cell: ({ id, name, role }) =>
              mayChange && leads && role === 'voter' ? (
                <Button
                  variant="default"
                  size="compact-xs"
                  loading={transfer.isPending}
                  onClick={() => transfer.mutate(id)}
                  aria-label={`Give the lead to ${name}`}
                >
                  Give the lead
                </Button>
              ) : null,
          },
        ]}
      />
    </Panel>
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

function AddNode({ onClose }: { onClose: () => void }) {
  const [secret, setSecret] = useState<string | null>(null);
  const save = useSave({
    send: (_: undefined, header) => api.POST('/api/v1/cluster/join-tokens', { params: { header }, body: {} }),
    done: ({ token }) => setSecret(token),
  });
  if (secret) {
    return (
      <Secret title="The join token" secret={secret} what="token" onClose={onClose}>
        On the new machine, run <span className="mono">usher join</span> with it within an hour; it works once. Whoever
        has it can take all of the cluster's secrets.
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
