import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { PeerCounts } from '../peer/peer-counts.ts';
import type { MemberStatistics } from '../server/interface.ts';
import { peerMetrics } from './peer-metrics.ts';

const identity = { clusterId: '1', memberId: '16', name: 'm' };

function metricsOf(traffic: readonly PeerCounts[]): string[] {
  const members = [identity.memberId, ...traffic.map(({ id }) => id)];
  const statistics = { members, removedMembers: ['160'] } as unknown as MemberStatistics;
  return peerMetrics({ identity, peerTraffic: () => traffic, statistics: () => statistics });
}

describe('the metrics of other members', () => {
  const clock = new FakeClock();
  const counts = new PeerCounts('255');
  const lines = (): string[] => metricsOf([counts]).flatMap((text) => text.split('\n'));

  it('tell of snapshots: under way, come through, and not', async () => {
    let finish!: () => void;
    const sent = counts.snapshotsSent.count(
      clock,
      () => new Promise((resolve) => (finish = resolve)),
    );
    expect(lines()).toContain('etcd_network_snapshot_send_inflights_total{To="ff"} 1');
    await clock.advance(3000);
    finish();
    await sent;
    const broken = counts.snapshotsReceived.count(clock, () => Promise.reject(new Error('cut')));
    await expect(broken).rejects.toThrow('cut');
    for (const line of [
      'etcd_network_snapshot_send_inflights_total{To="ff"} 0',
      'etcd_network_snapshot_send_success{To="ff"} 1',
      'etcd_network_snapshot_send_failures{To="ff"} 0',
      'etcd_network_snapshot_send_total_duration_seconds_sum{To="ff"} 3',
      'etcd_network_snapshot_receive_inflights_total{From="ff"} 0',
      'etcd_network_snapshot_receive_success{From="ff"} 0',
      'etcd_network_snapshot_receive_failures{From="ff"} 1',
      'etcd_network_snapshot_receive_total_duration_seconds_count{From="ff"} 0',
      'etcd_network_known_peers{Local="10",Remote="ff"} 1',
    ])
      expect(lines()).toContain(line);
  });

  it('are only who is known where there are no others', () => {
    const [known, ...others] = metricsOf([]);
    expect(others).toEqual([]);
    expect(known!.match(/^[^#].*$/gm)).toEqual([
      'etcd_network_known_peers{Local="10",Remote="10"} 1',
      'etcd_network_known_peers{Local="10",Remote="a0"} 0',
    ]);
  });
});
