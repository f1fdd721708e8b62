import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentWalk, type Kubectl, kubectlOf } from './deployment-walk.ts';
import { eventually, kubectls, run, temporaryFolder, TestCluster } from './harness.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: TestCluster;

beforeAll(async () => {
  folder = await temporaryFolder();
  cluster = await TestCluster.up(`${folder.path}/data`);
});
afterAll(async () => {
  expect(await cluster.stop()).toBe(0);
  await folder.remove();
});

/** The oldest and the newest; kubectl-matrix.long.test.ts has all of them. */
const releases = kubectls().filter((_, i, all) => i === 0 || i === all.length - 1);

describe.each(releases)('stock $name', ({ name, path }) => {
  let kubectl: Kubectl;
  beforeAll(() => {
    kubectl = kubectlOf(path, cluster.kubeconfig, `${folder.path}/${name}`);
  });

  it('walks a Deployment from apply to deletion', () => deploymentWalk(kubectl), 120_000);

  it('creates, explains and describes', async () => {
    await kubectl('create', 'namespace', 'made');
    await kubectl('create', 'configmap', 'settings', '--from-literal=a=b', '-n', 'made');
    await kubectl('create', 'deployment', 'one', '--image=nginx', '-n', 'made');
    await kubectl('rollout', 'status', 'deployment/one', '-n', 'made', '--timeout=20s');
    const explained = await kubectl('explain', 'deploy.spec.strategy');
    expect(explained).toContain('rollingUpdate');
    expect(explained).toMatch(/FIELDS?:/);
    for (const kind of [
      'namespace/made',
      'configmap/settings',
      'deployment/one',
      'pods',
      'nodes',
    ]) {
      await kubectl('describe', ...kind.split('/'), '-n', 'made');
    }
    await kubectl('delete', 'namespace', 'made', '--timeout=30s');
  }, 90_000);
});

describe('a watch', () => {
  it('shows a pod on its way', async () => {
    const { path, name } = releases.at(-1)!;
    const kubectl = kubectlOf(path, cluster.kubeconfig, `${folder.path}/${name}`);
    await kubectl('create', 'namespace', 'watched');
    await kubectl('run', 'before', '--image=nginx', '-n', 'watched');
    const watching = spawn(path, ['get', 'pods', '-n', 'watched', '-w'], {
      env: { ...process.env, KUBECONFIG: cluster.kubeconfig, HOME: `${folder.path}/${name}` },
    });
    let shown = '';
    watching.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
    const shows = (line: RegExp) => eventually(String(line), async () => line.test(shown));
    try {
      // From here on it misses nothing.
      await shows(/^before /m);
      await kubectl('run', 'one', '--image=nginx', '-n', 'watched');
      await shows(/^one +0\/1 +Pending/m);
      await shows(/^one +1\/1 +Running/m);
    } finally {
      const ended = new Promise((resolve) => watching.once('exit', resolve));
      watching.kill();
      await ended;
    }
    await kubectl('delete', 'namespace', 'watched', '--timeout=30s');
  }, 60_000);
});

describe('bad input', () => {
  const { path, name } = releases.at(-1)!;
  const apply = (manifest: object | string) =>
    run(path, ['apply', '-f', '-'], {
      env: { KUBECONFIG: cluster.kubeconfig, HOME: `${folder.path}/${name}` },
      input: typeof manifest === 'string' ? manifest : JSON.stringify(manifest),
    });
  const deployment = (spec: object): object => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'bad', namespace: 'default' },
    spec,
  });
  const template = {
    metadata: { labels: { app: 'bad' } },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  };
  const selector = { matchLabels: { app: 'bad' } };

  it.each([
    [
      'an unknown field',
      deployment({ selector, template, replica: 3 }),
      'strict decoding error: unknown field "spec.replica"',
    ],
    ['a missing selector', deployment({ template }), 'spec.selector: Required value'],
    [
      'a wrong type',
      deployment({ selector, template, replicas: 'three' }),
      'cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a bad name',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'Bad_Name', namespace: 'default' } },
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'",
    ],
    [
      'an unknown kind',
      { apiVersion: 'v1', kind: 'Podd', metadata: { name: 'x' } },
      'no matches for kind "Podd" in version "v1"',
    ],
    ['invalid YAML', 'apiVersion: v1\nkind: [', 'error converting YAML to JSON'],
  ])('refuses %s', async (_what, manifest, message) => {
    const { code, stderr } = await apply(manifest);
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  });

  it('refuses a stale resourceVersion', async () => {
    const kubectl = kubectlOf(path, cluster.kubeconfig, `${folder.path}/${name}`);
    await kubectl('create', 'configmap', 'stale', '--from-literal=a=1');
    const stale = await kubectl('get', 'configmap', 'stale', '-o', 'json');
    await kubectl('patch', 'configmap', 'stale', '-p', '{"data":{"a":"2"}}');
    const { code, stderr } = await run(
      path,
      ['replace', '--raw', '/api/v1/namespaces/default/configmaps/stale', '-f', '-'],
      {
        env: { KUBECONFIG: cluster.kubeconfig, HOME: `${folder.path}/${name}` },
        input: stale,
      },
    );
    expect(stderr).toContain(
      'Operation cannot be fulfilled on configmaps "stale": the object has been modified; ' +
        'please apply your changes to the latest version and try again',
    );
    expect(code).toBe(1);
    await kubectl('delete', 'configmap', 'stale');
  });
});
