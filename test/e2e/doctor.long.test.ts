/** A member that its clients reach and the others do not: what `wherry doctor` says of it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { storeFindings } from '../../cluster/doctor/store.ts';
import type { Finding } from '../../cluster/doctor/finding.ts';
import { realClock } from '../../platform/node/clock.ts';
import { eventually } from './harness.ts';
import { PeerNetwork } from './peer-network.ts';
import { StoreCluster } from './store-cluster.ts';

let cluster: StoreCluster;
let network: PeerNetwork;
beforeAll(async () => {
  cluster = await StoreCluster.plan(['store1', 'store2', 'store3']);
  network = await PeerNetwork.between(cluster.members);
  await cluster.start();
}, 60_000);
afterAll(async () => {
  await cluster.stop();
  await network.stop();
});

const findings = (): Promise<Finding[]> => {
  const stores = cluster.members.map(({ name, address }) => ({
    ...{ name, pid: 1, startedAt: 0, restarts: 0, ready: true },
    address: `http://${address}`,
  }));
  return storeFindings(realClock, stores, stores.length);
};

const failures = async (): Promise<string[]> =>
  (await findings()).flatMap(({ verdict, what, says }) =>
    verdict === 'failed' ? `${what}: ${says}` : [],
  );

it.each([0, 1, 2])(
  'member %i, cut off, is named in one line; healed, nothing is wrong',
  async (i) => {
    const member = cluster.members[i]!;
    network.isolate(member);
    await eventually('the others to have lost it', async () => {
      const lines = await failures();
      expect(lines).toEqual([
        `store member ${member.name}: knows no leader, which others have: it is cut off from them; ` +
          `see \`wherry logs ${member.name}\`, and the network between members`,
      ]);
      const quorum = (await findings()).find(({ what }) => what === 'store quorum');
      expect(quorum).toMatchObject({ verdict: 'warning' });
      expect(quorum!.says).toContain('one more failure may stop writes');
      return true;
    });
    network.heal();
    await eventually('all is well', async () => (await failures()).length === 0);
  },
  90_000,
);
