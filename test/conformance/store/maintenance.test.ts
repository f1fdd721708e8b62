/** etcd's Maintenance contract, against our server and the real one where both can. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOnDisk } from '../../../store/engine/on-disk.ts';
import { eventually, run } from '../../e2e/harness.ts';
import { decodeMessage, type Plain } from './etcd-proto.ts';
import { RawClient } from './raw-client.ts';
import { contenders, etcd, etcdctl, freePort, startEtcd, startOurs } from './servers.ts';
import type { TestServer } from './servers.ts';

const SNAPSHOT = '/etcdserverpb.Maintenance/Snapshot';

/** A history with everything that a hash has to tell apart. */
async function writeHistory(client: RawClient): Promise<void> {
  const { ID } = await client.call('LeaseGrant', { TTL: 1000, ID: 77 });
  for (let i = 0; i < 40; i++) await client.call('Put', { key: `k${i % 7}`, value: `v${i}` });
  await client.call('Put', { key: 'leased', value: 'x', lease: ID });
  await client.call('DeleteRange', { key: 'k1', range_end: 'k3' });
  await client.call('Txn', {
    success: [
      { request_put: { key: 't1', value: 'a'.repeat(9000) } },
      { request_delete_range: { key: 'k4' } },
      { request_put: { key: 't2' } },
    ],
  });
  await client.call('Put', { key: 'k1', value: 'again' });
}

describe.each(contenders)('Maintenance of $name', ({ start, name }) => {
  let server: TestServer;
  let client: RawClient;

  beforeAll(async () => {
    server = await start();
    client = new RawClient(server.address);
    await writeHistory(client);
  });
  afterAll(async () => {
    client.close();
    await server.stop();
  });

  it('hashes a revision, and refuses those that are not there', async () => {
    const now = await client.call('HashKV');
    expect(now['hash']).toBeGreaterThan(0);
    expect(await client.call('HashKV', { revision: 30 })).not.toMatchObject({ hash: now['hash'] });
    expect(await client.refusal('HashKV', { revision: 999 })).toEqual({
      code: 11,
      details: 'etcdserver: mvcc: required revision is a future revision',
    });
    expect((await client.call('Hash'))['hash']).toBeGreaterThan(0);
  });

  it('raises, lists and disarms alarms; with NOSPACE only what frees space passes', async () => {
    const { member_id: memberID } = (await client.call('Status'))['header'] as Plain;
    const alarm = { memberID, alarm: 1 };
    expect((await client.call('Alarm'))['alarms']).toBeUndefined();
    const raised = await client.call('Alarm', { action: 'ACTIVATE', ...alarm });
    expect(raised['alarms']).toEqual([alarm]);
    const noSpace = { code: 8, details: 'etcdserver: mvcc: database space exceeded' };
    expect(await client.refusal('Put', { key: 'a', value: 'b' })).toEqual(noSpace);
    const txn = { success: [{ request_put: { key: 'a' } }] };
    expect(await client.refusal('Txn', txn)).toEqual(noSpace);
    expect(await client.refusal('LeaseGrant', { TTL: 10 })).toEqual(noSpace);
    expect((await client.call('DeleteRange', { key: 'k6' }))['deleted']).toBe('1');
    expect((await client.call('Range', { key: 'k5' }))['count']).toBe('1');
    expect((await client.call('Status'))['errors']).toEqual([
      `memberID:${String(memberID)} alarm:NOSPACE `,
    ]);
    const health = await fetch(`http://${server.address}/health`);
    expect([health.status, ((await health.json()) as Plain)['health']]).toEqual([503, 'false']);
    const excluded = await fetch(`http://${server.address}/health?exclude=NOSPACE`);
    // etcd has the parameter since 3.4.29.
    if (name === 'ours') expect(excluded.status).toBe(200);
    const disarmed = await client.call('Alarm', { action: 'DEACTIVATE', ...alarm });
    expect(disarmed['alarms']).toEqual([alarm]);
    await client.call('Put', { key: 'a', value: 'b' });
  });

  it('changes nothing while CORRUPT stands, and goes on answering reads', async () => {
    const { member_id: memberID } = (await client.call('Status'))['header'] as Plain;
    const alarm = { memberID, alarm: 2 };
    await client.call('Alarm', { action: 'ACTIVATE', ...alarm });
    const corrupt = { code: 15, details: 'etcdserver: corrupt cluster' };
    expect(await client.refusal('Put', { key: 'a' })).toEqual(corrupt);
    expect(await client.refusal('DeleteRange', { key: 'a' })).toEqual(corrupt);
    expect(await client.refusal('LeaseGrant', { TTL: 9 })).toEqual(corrupt);
    await client.call('Range', { key: 'a' });
    await client.call('Alarm', { action: 'DEACTIVATE', ...alarm });
  });

  it('defragments and loses nothing', async () => {
    const before = await client.call('HashKV');
    expect((await client.call('Defragment'))['header']).toBeUndefined();
    expect((await client.call('HashKV'))['hash']).toBe(before['hash']);
  });

  it('streams a copy with falling remainders and its digest', async () => {
    const blobs = (await client.download(SNAPSHOT, Buffer.alloc(0))).map((bytes) =>
      decodeMessage('SnapshotResponse', bytes),
    );
    const content = blobs.map(({ blob }) => Buffer.from(blob as string, 'latin1'));
    const digest = content.pop()!;
    const file = Buffer.concat(content);
    expect(digest).toEqual(createHash('sha256').update(file).digest());
    expect(file.length % 512).toBe(0);
    const remaining = blobs.map(({ remaining_bytes: left }) => Number(left ?? 0));
    expect(remaining[0]).toBe(file.length - content[0]!.length);
    expect(remaining.at(-1)).toBe(0);
  });
});

async function sameHash(clients: readonly RawClient[], revision: number): Promise<void> {
  const [ours, theirs] = await Promise.all(
    clients.map(async (client) => {
      const { hash, compact_revision: compacted } = await client.call('HashKV', { revision });
      return `${String(hash)} compacted at ${String(compacted)}`;
    }),
  );
  expect(ours, `at revision ${revision}`).toBe(theirs);
}

describe.skipIf(etcd === undefined)('HashKV', () => {
  it('is the hash that etcd computes of the same history, compacted or not', async () => {
    const servers = await Promise.all([startOurs(), startEtcd()]);
    const clients = servers.map(({ address }) => new RawClient(address));
    await Promise.all(clients.map(writeHistory));
    for (const revision of [0, 2, 20, 43, 44, 45]) await sameHash(clients, revision);
    for (const revision of [20, 44]) {
      for (const client of clients) await client.call('Compact', { revision, physical: true });
      for (const at of [0, revision + 1, 45]) await sameHash(clients, at);
    }
    for (const client of clients) client.close();
    await Promise.all(servers.map((server) => server.stop()));
  });
});

describe.skipIf(etcd === undefined || etcdctl === undefined)('a snapshot of ours', () => {
  it('is a file that etcdctl checks and restores, and etcd serves', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wherry-snapshot-'));
    const ours = await startOurs({ engine: openOnDisk, dataDir: join(folder, 'ours') });
    const client = new RawClient(ours.address);
    await writeHistory(client);
    // More than one level of branches, and values larger than a page.
    for (let i = 0; i < 300; i++)
      await client.call('Put', {
        key: `many/${i}`,
        value: 'y'.repeat(i % 50 === 0 ? 20_000 : 700),
      });
    await client.call('Compact', { revision: 30 });
    const ctl = (args: readonly string[]) =>
      run(etcdctl!, args, { env: { ETCDCTL_API: '3' }, timeoutMs: 20_000 });
    const file = join(folder, 'backup.db');
    const saved = await ctl(['--endpoints', ours.address, 'snapshot', 'save', file]);
    expect(`${saved.stdout}${saved.stderr}`).toContain('Snapshot saved');
    expect((await readFile(file)).length % 512).toBe(32);
    const status = JSON.parse((await ctl(['snapshot', 'status', file, '-w', 'json'])).stdout) as {
      revision: number;
      totalKey: number;
    };
    const { header, count } = await client.call('Range', { key: '\0', range_end: '\0' });
    expect(String(status.revision)).toBe((header as Plain)['revision']);
    expect(status.totalKey).toBeGreaterThan(300);
    const data = join(folder, 'theirs');
    const restored = await ctl(['snapshot', 'restore', file, '--data-dir', data]);
    expect(restored.code, restored.stderr).toBe(0);

    const [port, peer] = [await freePort(), await freePort()];
    const url = `http://127.0.0.1:${port}`;
    const child = spawn(
      etcd!,
      [
        ...['--data-dir', data, '--listen-client-urls', url, '--advertise-client-urls', url],
        ...['--listen-peer-urls', `http://127.0.0.1:${peer}`],
      ],
      { stdio: 'ignore' },
    );
    const exited = new Promise((resolve) => child.once('exit', resolve));
    await eventually('etcd to serve our data', async () => (await fetch(`${url}/health`)).ok);
    const theirs = new RawClient(`127.0.0.1:${port}`);
    const everything = { key: '\0', range_end: '\0' };
    const there = await theirs.call('Range', everything);
    expect(there['count']).toBe(count);
    expect(there['kvs']).toEqual((await client.call('Range', everything))['kvs']);
    expect(await theirs.call('LeaseTimeToLive', { ID: 77, keys: true })).toMatchObject({
      grantedTTL: '1000',
      keys: ['leased'],
    });
    await sameHash([client, theirs], 0);
    theirs.close();
    client.close();
    child.kill('SIGTERM');
    await exited;
    await ours.stop();
    await rm(folder, { recursive: true, force: true });
  });
});
