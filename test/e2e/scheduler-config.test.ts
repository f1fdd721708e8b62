/**
 * `wherry up --scheduler-config`: two profiles, other weights, a plugin less and one of the
 * user's, and an extender, in the cluster's own scheduler.
 */
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, run, temporaryFolder, TestCluster, wherryMain } from './harness.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => void (folder = await temporaryFolder()));
afterAll(() => folder.remove());

const head = { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration' };

async function written(name: string, content: object): Promise<string> {
  const path = `${folder.path}/${name}`;
  await writeFile(path, JSON.stringify(content));
  return path;
}

/** Refuses node1, and nothing else. */
async function extender() {
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const names = (JSON.parse(text) as { NodeNames: string[] }).NodeNames;
      const nodeNames = names.filter((name) => name !== 'node1');
      const failedNodes = names.includes('node1') ? { node1: 'no licence' } : {};
      response.end(JSON.stringify({ nodeNames, failedNodes }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}` };
}

const profiles = [
  {
    schedulerName: 'packing',
    plugins: {
      score: {
        disabled: [{ name: 'NodeResourcesBalancedAllocation' }],
        enabled: [{ name: 'NodeResourcesFit', weight: 50 }],
      },
    },
    pluginConfig: [
      { name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'MostAllocated' } } },
    ],
  },
  {
    schedulerName: 'by-team',
    plugins: { multiPoint: { enabled: [{ name: 'OneTeamPerNode', weight: 10 }] } },
  },
];

const pod = (name: string, spec: object, labels: object = {}) => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels } },
  spec: {
    containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '500m' } } }],
    ...spec,
  },
});

describe('wherry up --scheduler-config', () => {
  it('runs profiles, a plugin from outside, and an extender', async () => {
    const { server, url } = await extender();
    const extenders = [
      {
        ...{ urlPrefix: url, filterVerb: 'filter', nodeCacheCapable: true },
        managedResources: [{ name: 'example.com/licence', ignoredByScheduler: true }],
      },
    ];
    const config = await written('scheduler.json', { ...head, profiles, extenders });
    const cluster = await TestCluster.up(`${folder.path}/data`, [
      ...['--no-control-plane-node', '--nodes', '3', '--scheduler-config', config],
      ...['--scheduler-plugins', 'examples/scheduler/one-team-per-node.mjs'],
    ]);
    const ask = async (...args: string[]): Promise<string> => {
      const { stdout, stderr, code } = await cluster.kubectlLite(...args);
      if (code !== 0) throw new Error(stderr);
      return stdout;
    };
    const nodeOf = (name: string): Promise<string> =>
      eventually(`${name} to have a node`, async () => {
        const node = await ask('get', 'pod', name, '-o', 'jsonpath={.spec.nodeName}');
        return node === '' ? undefined : node;
      });
    const packing = { schedulerName: 'packing' };
    const licence = { 'example.com/licence': '1' };
    const resources = { requests: licence, limits: licence };
    const licensed = [{ name: 'c', image: 'i', resources }];
    const items = [
      ...[1, 2, 3].map((i) => pod(`packed-${i}`, packing)),
      pod('red-1', { schedulerName: 'by-team' }, { team: 'red' }),
      pod('red-2', { schedulerName: 'by-team' }, { team: 'red' }),
      pod('blue', { schedulerName: 'by-team' }, { team: 'blue' }),
      pod('licensed', { ...packing, containers: licensed }),
      pod('pinned', { ...packing, containers: licensed, nodeSelector: { only: 'node1' } }),
    ];
    try {
      await ask('label', 'node', 'node1', 'only=node1');
      const list = await written('pods.json', { apiVersion: 'v1', kind: 'List', items });
      await ask('create', '-f', list);
      const packed = await Promise.all([1, 2, 3].map((i) => nodeOf(`packed-${i}`)));
      expect(new Set(packed).size).toBe(1);
      const [red, also, blue] = await Promise.all(['red-1', 'red-2', 'blue'].map(nodeOf));
      expect(also).toBe(red);
      expect(blue).not.toBe(red);
      expect(await nodeOf('licensed')).not.toBe('node1');
      await eventually('the refusal of the extender', async () =>
        (await ask('describe', 'pod', 'pinned')).includes(
          "0/3 nodes are available: 1 no licence, 2 node(s) didn't match Pod's node affinity",
        ),
      );
    } finally {
      await cluster.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }, 120_000);

  it('does not start on a malformed file, and names the field', async () => {
    const plugins = { score: { enabled: [{ name: 'Nope' }] } };
    const config = await written('bad.json', { ...head, profiles: [{ plugins }] });
    const args = ['up', '--data-dir', `${folder.path}/bad`, '--port', '0', '--store-port', '0'];
    const { code, stderr } = await run(process.execPath, [
      ...[wherryMain, ...args, '--scheduler-config', config],
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('profiles[0].plugins.score.enabled[0].name: Not found: "Nope"');
  }, 60_000);

  it('says in one line that there is no such file', async () => {
    const args = ['up', '--data-dir', `${folder.path}/none`, '--port', '0', '--store-port', '0'];
    const { code, stderr } = await run(process.execPath, [
      ...[wherryMain, ...args, '--scheduler-config', `${folder.path}/nope`],
    ]);
    expect(code).toBe(1);
    const what = `there is no file ${folder.path}/nope`;
    expect(stderr).toBe(`error: invalid scheduler configuration: ${what}\n`);
  }, 60_000);
});
