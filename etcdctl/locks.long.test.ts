import { expect, it } from 'vitest';
import { startOurs } from '../test/conformance/store/servers.ts';
import type { ProcessContext } from '../platform/node/process.ts';
import { eventually } from '../test/e2e/harness.ts';
import { EtcdClient } from './client.ts';
import { etcdctlCommand } from './main.ts';

const TTL_SECONDS = 2;

it('who waits for a lock for longer than the lease lives gets it all the same', async () => {
  const server = await startOurs();
  const now = (): number => Date.now();
  const client = new EtcdClient({ endpoint: server.address, timeoutMs: 30_000, now });
  const ending = new AbortController();
  let out = '';
  try {
    const { ID } = await client.call('etcdserverpb.Lease/LeaseGrant', { TTL: 60 });
    const request = { name: Buffer.from('l'), lease: ID };
    const { key } = await client.call('v3lockpb.Lock/Lock', request);
    const context: ProcessContext = {
      ...{ script: 'wherry', argv: [], env: {}, pid: 1, cwd: '/', interactive: false },
      ...{ err() {}, notifyReady() {}, readInput: () => Promise.resolve('') },
      out: (text) => (out += String(text)),
      terminated: ending.signal,
    };
    const args = ['lock', 'l', '--ttl', String(TTL_SECONDS), '--endpoints', server.address];
    const held = etcdctlCommand(context).parseAsync(args, { from: 'user' });
    await new Promise((resolve) => setTimeout(resolve, 2 * TTL_SECONDS * 1000));
    expect(out).toBe('');
    await client.call('v3lockpb.Lock/Unlock', { key });
    await eventually('the lock', () => Promise.resolve(out !== '' || undefined));
    ending.abort();
    await held;
    const range = { key: Buffer.from('l/'), range_end: Buffer.from('l0') };
    const { count } = await client.call('etcdserverpb.KV/Range', range);
    expect(count ?? 0).toBe(0);
  } finally {
    client.close();
    await server.stop();
  }
});
