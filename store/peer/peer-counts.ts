import { exponential, Histogram } from '../../platform/metrics/histogram.ts';
import type { Clock } from '../../platform/clock.ts';
import type { PeerTraffic, SnapshotTraffic } from '../replica/peers.ts';

class SnapshotCounts implements SnapshotTraffic {
  underWay = 0;
  failures = 0;
  /** etcd's buckets: 0.1 s, doubling to 51 s. */
  readonly seconds = new Histogram(exponential(0.1, 2, 10));

  async count(clock: Clock, transfer: () => Promise<void>): Promise<void> {
    this.underWay++;
    const began = clock.monotonic();
    try {
      await transfer();
      this.seconds.observe((clock.monotonic() - began) / 1000);
    } catch (error) {
      this.failures++;
      throw error;
    } finally {
      this.underWay--;
    }
  }
}

/** What went to one other member and came from it, whatever connections there were. */
export class PeerCounts implements PeerTraffic {
  readonly id: string;
  isActive = false;
  sentBytes = 0;
  receivedBytes = 0;
  sendFailures = 0;
  receiveFailures = 0;
  disconnects = 0;
  /** etcd's buckets: 0.1 ms, doubling to 3.3 s. */
  readonly roundTrips = new Histogram(exponential(0.0001, 2, 16));

  readonly snapshotsSent = new SnapshotCounts();
  readonly snapshotsReceived = new SnapshotCounts();

  constructor(id: string) {
    this.id = id;
  }
}
