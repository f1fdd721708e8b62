/** What /metrics says of the other members. */
import type { MetricType } from '../../platform/metrics/metrics.ts';
import type { Histogram } from '../../platform/metrics/histogram.ts';
import { familyText, type Series } from '../../platform/metrics/text.ts';
import { hexId } from '../cluster-member.ts';
import type { Member } from '../server/interface.ts';
import type { PeerTraffic } from '../replica/peers.ts';

type PeerRow = readonly [
  name: string,
  type: MetricType,
  help: string,
  label: 'To' | 'From' | 'Remote',
  value: (traffic: PeerTraffic) => number | Histogram,
];

const rows: readonly PeerRow[] = [
  ['active_peers', 'gauge', 'Other members that are connected.', 'Remote', (t) => +t.isActive],
  ['disconnected_peers_total', 'counter', 'Broken connections.', 'Remote', (t) => t.disconnects],
  ['peer_sent_bytes_total', 'counter', 'Bytes sent.', 'To', (t) => t.sentBytes],
  ['peer_received_bytes_total', 'counter', 'Bytes received.', 'From', (t) => t.receivedBytes],
  ['peer_sent_failures_total', 'counter', 'Batches dropped.', 'To', (t) => t.sendFailures],
  [
    'peer_received_failures_total',
    ...(['counter', 'Connections from it that broke.', 'From'] as const),
    (t) => t.receiveFailures,
  ],
  [
    'peer_round_trip_time_seconds',
    ...(['histogram', 'Round trips between members.', 'To'] as const),
    (t) => t.roundTrips,
  ],
];

/** etcd tells of snapshots from the first one on. */
const snapshotRows: readonly PeerRow[] = [
  ...directionRows('send', 'To', (t) => t.snapshotsSent),
  ...directionRows('receive', 'From', (t) => t.snapshotsReceived),
];

function directionRows(
  verb: 'send' | 'receive',
  label: 'To' | 'From',
  of: (traffic: PeerTraffic) => PeerTraffic['snapshotsSent'],
): PeerRow[] {
  const name = `snapshot_${verb}`;
  return [
    [
      `${name}_success`,
      'counter',
      'Snapshots that came through.',
      label,
      (t) => of(t).seconds.count,
    ],
    [`${name}_failures`, 'counter', 'Snapshots that did not.', label, (t) => of(t).failures],
    [`${name}_inflights_total`, 'gauge', 'Snapshots under way.', label, (t) => of(t).underWay],
    [
      `${name}_total_duration_seconds`,
      ...(['histogram', 'Snapshots that came through.', label] as const),
      (t) => of(t).seconds,
    ],
  ];
}

/** Members, this one among them as in etcd, and those that were. */
function knownPeers(member: Pick<Member, 'identity' | 'statistics'>): string {
  const { identity } = member;
  const { members, removedMembers } = member.statistics();
  const series = (ids: readonly string[], value: number): Series[] =>
    ids.map((id) => ({
      value,
      labels: { Local: hexId(identity.memberId), Remote: hexId(id) },
    }));
  return familyText(
    { name: 'etcd_network_known_peers', type: 'gauge', help: 'Members; 0 for those that were.' },
    [...series(members, 1), ...series(removedMembers, 0)],
  );
}

export function peerMetrics(
  member: Pick<Member, 'identity' | 'peerTraffic' | 'statistics'>,
): string[] {
  const { identity } = member;
  const traffic = member.peerTraffic();
  const known = knownPeers(member);
  if (traffic.length === 0) return [known];
  const labelsFor = (label: string, id: string): Series['labels'] =>
    label === 'Remote'
      ? { Local: hexId(identity.memberId), Remote: hexId(id) }
      : { [label]: hexId(id) };
  const others = [...rows, ...snapshotRows].map(([name, type, help, label, value]) =>
    familyText(
      { name: `etcd_network_${name}`, type, help },
      traffic.map((each) => ({ value: value(each), labels: labelsFor(label, each.id) })),
    ),
  );
  return [known, ...others];
}
