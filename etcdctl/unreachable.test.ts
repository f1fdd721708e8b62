import { expect, it } from 'vitest';
import { EtcdClient } from './client.ts';
import { freePorts } from '../platform/node/net/free-ports.ts';
import { unreachable } from './unreachable.ts';

async function failureAt(endpoint: string): Promise<string> {
  const client = new EtcdClient({ endpoint, timeoutMs: 60_000, now: () => Date.now() });
  try {
    await client.call('etcdserverpb.KV/Range', { key: Buffer.from('x') });
    return 'answered';
  } catch (error) {
    return (error as Error).message;
  } finally {
    client.close();
  }
}

it('says where nothing listens, and what to look at', async () => {
  const [port] = await freePorts('127.0.0.1', 1);
  expect(await failureAt(`127.0.0.1:${port}`)).toBe(
    `no store answers at 127.0.0.1:${port} (connect ECONNREFUSED 127.0.0.1:${port}); ` +
      'is it running, and does --endpoints name it?',
  );
});

it('says it of a name that nobody knows, too', () => {
  const details = 'Name resolution failed for target dns:nowhere.invalid:2379';
  expect(unreachable(details, 'nowhere.invalid:2379')).toMatch(
    /^no store answers at nowhere\.invalid:2379 \(its name is not known\); is it running/,
  );
});

it('leaves what a server said as it is', () => {
  expect(unreachable('etcdserver: no leader', 'a:1')).toBe('etcdserver: no leader');
});
