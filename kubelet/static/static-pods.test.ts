/** Static pods and their mirrors, against a real API server in the same process. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pods } from '../../api/resources.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { RestClient } from '../../client/rest.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger } from '../../platform/logger.ts';
import type { Logger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realDisk as disk } from '../../platform/node/files/disk.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { sha1 } from '../../platform/node/crypto/sha1.ts';
import { eventually, startEmbeddedApi } from '../../test/support/embedded-api.ts';
import { startKubelet } from '../kubelet.ts';
import { ManifestFolder } from './manifest-folder.ts';
import { isMirror } from './static-pod.ts';

let parts = new Lifecycle();
let folder: string;
let client: RestClient;
const faults: string[] = [];
const logger: Logger = {
  ...silentLogger,
  error: (fields) => void faults.push((fields as { fault: string }).fault),
  child: () => logger,
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'static-pods-'));
  client = (await startEmbeddedApi(parts)).client;
  faults.length = 0;
});
afterEach(async () => {
  await parts.stop();
  parts = new Lifecycle();
  await rm(folder, { recursive: true });
});

async function startNode() {
  const hash = (text: string) =>
    Buffer.from(sha1(Buffer.from(text)))
      .toString('hex')
      .slice(0, 32);
  const staticPods = new ManifestFolder({ folder, disk, clock, logger, hash });
  const effects = { client, clock, random, logger, freeze: true };
  const kubelet = await parts.start(() =>
    startKubelet({ ...effects, node: { name: 'node1', staticPods } }),
  );
  await kubelet.ready();
  return kubelet;
}

const manifest = (image: string, more = '') => `
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: default, labels: { role: own } }
spec:
  containers: [{ name: c, image: "${image}" }]
${more}`;
const put = (text: string, name = 'web.yaml') => writeFile(join(folder, name), text);

const running = (items: readonly Pod[]) =>
  items.length === 1 && items[0]!.status?.phase === 'Running';
const idOf = (pod: Pod) => pod.status!.containerStatuses![0]!.containerID;

describe('a static pod', () => {
  it('runs and has a mirror that says what it is', async () => {
    await put(manifest('one'));
    await startNode();
    const [mirror] = await eventually(client, pods, running);
    const { annotations = {}, ...metadata } = mirror!.metadata;
    const hash = annotations['kubernetes.io/config.hash'];
    expect(hash).toMatch(/^[0-9a-f]{32}$/);
    expect(annotations['kubernetes.io/config.mirror']).toBe(hash);
    expect(annotations['kubernetes.io/config.source']).toBe('file');
    expect(metadata).toMatchObject({
      name: 'web-node1',
      labels: { role: 'own' },
      ownerReferences: [{ kind: 'Node', name: 'node1', controller: true }],
    });
    expect(mirror!.spec).toMatchObject({
      nodeName: 'node1',
      tolerations: [{ effect: 'NoExecute', operator: 'Exists' }],
    });
    expect(mirror!.status).toMatchObject({ podIP: '10.244.1.2', qosClass: 'BestEffort' });
  });

  it('does not notice that its mirror was deleted, which comes back', async () => {
    await put(manifest('one'));
    await startNode();
    const [first] = await eventually(client, pods, running);
    await client.delete(pods, { namespace: 'default', name: 'web-node1' });
    const [second] = await eventually(
      client,
      pods,
      (items) => running(items) && items[0]!.metadata.uid !== first!.metadata.uid,
    );
    expect(idOf(second!)).toBe(idOf(first!));
    expect(second!.status!.containerStatuses![0]!.restartCount).toBe(0);
  });

  it('is replaced with its manifest, and ends with it', async () => {
    await put(manifest('one'));
    await startNode();
    const [first] = await eventually(client, pods, running);
    await put(manifest('two'));
    const [second] = await eventually(
      client,
      pods,
      (items) => running(items) && items[0]!.spec.containers[0]!.image === 'two',
    );
    expect(idOf(second!)).not.toBe(idOf(first!));
    await rm(join(folder, 'web.yaml'));
    await eventually(client, pods, (items) => items.length === 0);
  });

  it('is taken over by the next agent of its node', async () => {
    await put(manifest('one'));
    const kubelet = await startNode();
    const [first] = await eventually(client, pods, running);
    await kubelet.stop();
    await startNode();
    const other = { metadata: { namespace: 'default', name: 'other' } };
    const spec = { nodeName: 'node1', containers: [{ name: 'c', image: 'x' }] };
    await client.create(pods, { ...other, spec });
    const both = await eventually(
      client,
      pods,
      (items) => items.length === 2 && items.every(({ status }) => status?.phase === 'Running'),
    );
    const mirror = both.find(isMirror)!;
    expect(mirror.metadata.uid).toBe(first!.metadata.uid);
    expect(mirror.status).toEqual(first!.status);
  });

  it('is not made of what is no pod, and the fault is told once', async () => {
    await put('kind: Pod', 'a.yaml');
    await put('apiVersion: v1\nkind: Pod\nmetadata: { name: UP }', 'b.yaml');
    await put('apiVersion: v1\nkind: Pod\nmetadata: { name: up }\nspec: {}', 'c.yaml');
    await put('a: [', 'd.yaml');
    await put('- 1', 'e.yaml');
    await put(manifest('one'));
    await startNode();
    await eventually(client, pods, running);
    await put(manifest('two'));
    await eventually(
      client,
      pods,
      (items) => running(items) && items[0]!.spec.containers[0]!.image === 'two',
    );
    expect(faults).toEqual([
      'it is no v1 Pod',
      expect.stringContaining('metadata.name'),
      expect.stringContaining('spec.containers'),
      expect.stringContaining('yaml: line'),
      'it holds no object',
    ]);
  });
});

describe('a mirror of nothing', () => {
  it('goes', async () => {
    await startNode();
    const annotations = { 'kubernetes.io/config.mirror': 'x' };
    await client.create(pods, {
      metadata: { namespace: 'default', name: 'lost', annotations },
      spec: { nodeName: 'node1', containers: [{ name: 'c', image: 'x' }] },
    });
    await eventually(client, pods, (items) => items.length === 0);
  });
});
