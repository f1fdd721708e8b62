import { exponential, Histogram } from '../../platform/metrics/histogram.ts';
import type { PeerTraffic } from '../server/peers.ts';

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

  constructor(id: string) {
    this.id = id;
  }
}
