// The cluster's health in one sentence.
import type { Cluster } from '../api/queries';
import type { Tone } from './audit';

/** Whether the node that answers led, and hears of too few others to lead any more. */
export const ledUntilNow = ({ tolerance, leader, node }: Cluster) => tolerance == null && leader === node;

export function health(cluster: Cluster): { tone: Tone; sentence: string; more: string } {
  const { tolerance, leader, voters, node } = cluster;
  const nodes = voters === 1 ? 'one node' : `${voters} nodes`;
  if (tolerance == null && leader != null && leader !== node) {
    const more = `Node ${node} answers you. Node ${leader}, which leads, did not tell it in time who keeps up.`;
    return { tone: 'bad', sentence: `Node ${leader} does not answer`, more };
  }
  if (leader == null || tolerance == null) {
    return {
      tone: 'bad',
      sentence: 'No leader',
      more: 'Nothing can be changed and no seat can be taken until most nodes answer.',
    };
  }
  const lost = tolerance === 1 ? 'one node' : `${tolerance} nodes`;
  if (tolerance > 0) {
    return { tone: 'good', sentence: `Can lose ${lost}`, more: `${voters} nodes vote; node ${leader} leads.` };
  }
  const more =
    voters === 1
      ? 'It runs on one node. Two more would let it outlive the loss of one.'
      : `Of ${nodes} that vote, not all are there. Bring back what is missing.`;
  return { tone: 'warn', sentence: 'Cannot lose a node', more };
}
