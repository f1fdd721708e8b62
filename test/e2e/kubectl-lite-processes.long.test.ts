/** kubectl-lite as people run it: a process of its own against a cluster of its own. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import {
  eventually,
  kubectlLiteMain,
  type Result,
  run,
  TestCluster,
  temporaryFolder,
} from './harness.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: TestCluster;

beforeAll(async () => {
  folder = await temporaryFolder();
  cluster = await TestCluster.up(join(folder.path, 'data'), ['--nodes', '1']);
}, 120_000);
afterAll(async () => {
  await cluster.stop();
  await folder.remove();
});

const say = (
  line: string,
  env: Record<string, string> = cluster.env,
  input = '',
): Promise<Result> =>
  run(process.execPath, [kubectlLiteMain, ...line.split(' ')], {
    env: { HOME: folder.path, ...env },
    cwd: folder.path,
    input,
  });

async function ok(line: string, input = ''): Promise<string> {
  const said = await say(line, cluster.env, input);
  expect(said, line).toMatchObject({ code: 0 });
  return said.stdout;
}

/** The one line that a mistake is answered with. */
async function refusal(line: string, env?: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await say(line, env);
  expect({ code, stdout }, line).toEqual({ code: 1, stdout: '' });
  expect(stderr.trimEnd().split('\n'), line).toHaveLength(1);
  return stderr.trimEnd();
}

const file = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder.path, name), text);
  return join(folder.path, name);
};

describe('a newcomer', () => {
  it('learns in one line what to do', { timeout: 60_000 }, async () => {
    expect(await refusal('get pods', { KUBECONFIG: '' })).toBe(
      'error: no cluster is configured: neither --kubeconfig nor KUBECONFIG is given, and ' +
        `neither .wherry/kubeconfig nor ${folder.path}/.kube/config exists. Start a cluster here ` +
        'with `npx wherry up`.',
    );
    expect(await refusal('get pods --server=https://127.0.0.1:1')).toBe(
      'The connection to the server 127.0.0.1:1 was refused - did you specify the right host or ' +
        'port? Is the cluster running? (npx wherry status)',
    );
    expect(await refusal('get pods --context=prod')).toBe(
      'error: context "prod" does not exist (contexts: wherry)',
    );
    const tabs = await file('tabs.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: a\n');
    expect(await refusal(`apply -f ${tabs}`)).toBe(
      `error: error parsing ${tabs} (document 1, line 1): yaml: line 4: found a tab character ` +
        'that violates indentation (indent with blanks, not tabs)',
    );
    expect(await refusal('create cm a -n shop')).toBe(
      'error: failed to create configmap: namespaces "shop" not found (make it first: ' +
        'kubectl-lite create namespace shop)',
    );
    expect(await refusal('get pods --as=jane')).toBe(
      'Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource "pods" ' +
        'in API group "" in the namespace "default" (what you may do: kubectl-lite auth can-i ' +
        '--list)',
    );
    const mistyped = await say('gett pods');
    expect(mistyped).toMatchObject({ code: 1, stdout: '' });
    expect(mistyped.stderr).toMatch(/Did you mean this\?\n(?:\t\S+\n)*\tget\n/);
  });

  it('with an expired certificate learns that it is', async () => {
    const hour = 3_600_000;
    const validity = { notBeforeMs: Date.now() - 2 * hour, notAfterMs: Date.now() - hour };
    const ca = realX509.certificateAuthority({ commonName: 'ca' }, validity);
    const leaf = realX509.issue({ subject: { commonName: 'me' }, validity, usage: 'client' }, ca);
    const cert = await file('me.crt', leaf.certificate);
    const key = await file('me.key', leaf.privateKey);
    const line = `get pods --client-certificate=${cert} --client-key=${key}`;
    expect(await refusal(line)).toMatch(/has expired at \S+Z: get a new kubeconfig/);
  });

  it('behind a proxy that lets nobody through learns that it was the proxy', async () => {
    const text = await readFile(cluster.kubeconfig, 'utf8');
    const behind = async (proxy: string): Promise<string> => {
      const config = text.replace(/^( +)server:/m, `$1proxy-url: ${proxy}\n$1server:`);
      return refusal('get pods', { KUBECONFIG: await file('proxied', config) });
    };
    expect(await behind('http://127.0.0.1:1')).toBe(
      'Unable to connect to the server: the proxy 127.0.0.1:1 gives no way to the server: ' +
        'connect ECONNREFUSED 127.0.0.1:1',
    );
    expect(await behind('ftp://127.0.0.1:1')).toBe(
      'error: cluster "wherry" has the proxy-url ftp://127.0.0.1:1: ' +
        'a proxy is at an http://, https:// or socks5:// address',
    );
  });
});

describe('a folder of 200 manifests', () => {
  it('is applied but for the one document that is wrong', { timeout: 120_000 }, async () => {
    const many = join(folder.path, 'many');
    await mkdir(many);
    const write = (name: string, value: object): Promise<void> =>
      writeFile(join(many, name), JSON.stringify(value));
    const schema = {
      openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    };
    await write('z-crd.yaml', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'boats.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'boats', singular: 'boat', kind: 'Boat' },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    });
    await write('z-space.yaml', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'many' },
    });
    for (let i = 0; i < 197; i++) {
      const kind = ['Boat', 'ConfigMap', 'Secret'][i % 3]!;
      const apiVersion = kind === 'Boat' ? 'example.com/v1' : 'v1';
      await write(`n${i}.yaml`, {
        apiVersion,
        kind,
        metadata: { name: `n${i}`, namespace: 'many' },
      });
    }
    const one = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: many}\n';
    await writeFile(join(many, 'wrong.yaml'), `${one}---\n${one}dota: {}\n`);
    const said = await say(`apply -f ${many}`);
    expect(said.code).toBe(1);
    expect(said.stdout.trim().split('\n')).toHaveLength(200);
    expect(said.stderr.trim().split('\n')).toHaveLength(1);
    expect(said.stderr).toMatch(/wrong\.yaml" \(document 2, line 5\).*unknown field "dota"/);
  });
});

const deployment = (annotations: object, image: string): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shop' },
    spec: {
      replicas: 2,
      progressDeadlineSeconds: 1,
      selector: { matchLabels: { app: 'shop' } },
      template: {
        metadata: { labels: { app: 'shop' }, annotations },
        spec: { containers: [{ name: 'main', image }] },
      },
    },
  });

const told = (line: string, expected: RegExp): Promise<string> =>
  eventually(`${line} to tell ${expected}`, async () => {
    const { stdout } = await say(line);
    return expected.test(stdout) ? stdout : undefined;
  });

describe('stories', () => {
  it(
    'a rollout hangs: why and tree show where, history who and when, --at-revision what it was',
    {
      timeout: 120_000,
    },
    async () => {
      await ok('apply -f -', deployment({}, 'shop:1'));
      await ok('rollout status deploy/shop --timeout=30s');
      const before = await ok('get deploy shop -o jsonpath={.metadata.resourceVersion}');
      const broken = deployment({ 'wherry.io/exit-code': '3' }, 'shop:2');
      await ok('apply -f - --field-manager=jane', broken);
      await told('why deploy shop', /Progressing is False \(ProgressDeadlineExceeded\)/);
      await told('why deploy shop', /container main end.* exit code 3/);
      expect(await told('tree deploy shop', /CrashLoopBackOff|Error/)).toMatch(
        /─ReplicaSet\/shop-/,
      );
      const lines = (await ok('history deploy shop')).split('\n');
      const change = lines.findIndex((line) => line.includes('shop:1 → shop:2'));
      expect(lines.slice(0, change).findLast((line) => line.startsWith('revision '))).toMatch(
        /^revision \d+ {2}\S+ ago \(\S+Z\) {2}by jane$/,
      );
      const image = 'get deploy shop -o jsonpath={.spec.template.spec.containers[0].image}';
      expect(await ok(image)).toBe('shop:2');
      expect(await ok(`${image} --at-revision=${before}`)).toBe('shop:1');
    },
  );

  it('a pod stays pending: why tells what is missing', { timeout: 60_000 }, async () => {
    const resources = { requests: { cpu: '1000' } };
    const containers = [{ name: 'main', image: 'x', resources }];
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'huge' }, spec: { containers } };
    await ok('create -f -', JSON.stringify(pod));
    await told('why pod huge', /it asks for 1000 of cpu; the most any node has left is \S+ \(/);
  });
});
