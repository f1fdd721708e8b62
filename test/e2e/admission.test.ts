/** Limits, quotas, pod security and priorities of a whole cluster, as stock kubectl meets them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../index.ts';
import { run, type Result, temporaryFolder, tool } from './harness.ts';
import { until } from '../support/until.ts';

const kubectlPath = tool('kubectl');

describe.skipIf(kubectlPath === undefined)('admission, with kubectl', () => {
  let cluster: Cluster;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let config: string;
  let count = 0;
  let namespace: string;

  const kubectl = (...args: string[]): Promise<Result> =>
    run(kubectlPath!, ['--kubeconfig', config, '-n', namespace, ...args], {
      env: { HOME: folder.path },
    });

  async function ok(...args: string[]): Promise<Result> {
    const said = await kubectl(...args);
    expect(said, args.join(' ')).toMatchObject({ code: 0 });
    return said;
  }

  async function refused(...args: string[]): Promise<string> {
    const said = await kubectl(...args);
    expect(said, args.join(' ')).toMatchObject({ code: 1 });
    return said.stderr.trim();
  }

  async function apply(manifest: object): Promise<Result> {
    const path = join(folder.path, 'manifest.json');
    await writeFile(path, JSON.stringify(manifest));
    return kubectl('apply', '-f', path);
  }

  /** Controllers follow with a moment's delay. */
  const says = (expected: string, ...args: string[]): Promise<true> =>
    until(
      `${expected}: ${args.join(' ')}`,
      async () => (await kubectl(...args)).stdout.trim() === expected,
    );

  beforeAll(async () => {
    folder = await temporaryFolder();
    cluster = await startCluster({ nodes: 1 });
    config = join(folder.path, 'config');
    await writeFile(config, cluster.kubeconfig);
  });
  afterAll(async () => {
    await cluster?.stop();
    await folder?.remove();
  });
  beforeEach(async () => {
    namespace = `team-${count++}`;
    await ok('create', 'namespace', namespace);
  });

  const pod = (name: string, resources: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'a', image: 'nginx', resources }] },
  });

  it('a limit range gives defaults and draws bounds', async () => {
    await apply({
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'limits' },
      spec: {
        limits: [{ type: 'Container', max: { cpu: '500m' }, default: { memory: '256Mi' } }],
      },
    });
    await ok('run', 'plain', '--image=nginx');
    const path = 'jsonpath={.spec.containers[0].resources}';
    const { stdout } = await ok('get', 'pod', 'plain', '-o', path);
    expect(JSON.parse(stdout)).toEqual({
      limits: { cpu: '500m', memory: '256Mi' },
      requests: { cpu: '500m', memory: '256Mi' },
    });
    const { stderr } = await apply(pod('x', { limits: { cpu: '1' } }));
    expect(stderr).toContain(
      'pods "x" is forbidden: maximum cpu usage per Container is 500m, but limit is 1',
    );
  });

  it('a quota counts, refuses and gives back', async () => {
    await ok('create', 'quota', 'q', '--hard=pods=1,count/configmaps=5');
    const used = ['get', 'quota', 'q', '-o', 'jsonpath={.status.used.pods}'];
    await says('0', ...used);
    await ok('run', 'a', '--image=nginx');
    expect(await refused('run', 'b', '--image=nginx')).toBe(
      'Error from server (Forbidden): pods "b" is forbidden: exceeded quota: q, ' +
        'requested: pods=1, used: pods=1, limited: pods=1',
    );
    await ok('delete', 'pod', 'a', '--now');
    await says('0', ...used);
    await ok('run', 'b', '--image=nginx');
    const { stdout } = await ok('describe', 'quota', 'q');
    expect(stdout).toMatch(/pods\s+1\s+1/);
  });

  it('a namespace enforces, warns and tells what is there already', async () => {
    const privileged = {
      ...pod('bad'),
      spec: { hostNetwork: true, containers: [{ name: 'a', image: 'nginx' }] },
    };
    await apply({ ...privileged, metadata: { name: 'old' } });
    const labelled = await ok(
      ...['label', 'namespace', namespace],
      'pod-security.kubernetes.io/enforce=baseline',
    );
    expect(labelled.stderr).toContain(
      `Warning: existing pods in namespace "${namespace}" violate the new PodSecurity ` +
        'enforce level "baseline:latest"',
    );
    expect(labelled.stderr).toContain('Warning: old: host namespaces');
    expect((await apply(privileged)).stderr).toContain(
      'pods "bad" is forbidden: violates PodSecurity "baseline:latest": ' +
        'host namespaces (hostNetwork=true)',
    );
    await ok(
      ...['label', 'namespace', namespace, '--overwrite'],
      'pod-security.kubernetes.io/enforce=privileged',
      'pod-security.kubernetes.io/warn=restricted',
    );
    const warned = await ok('create', 'deployment', 'web', '--image=nginx');
    expect(warned.stderr).toContain(
      'Warning: would violate PodSecurity "restricted:latest": ' +
        'allowPrivilegeEscalation != false (container "nginx" must set ' +
        'securityContext.allowPrivilegeEscalation=false)',
    );
  });

  it('a priority class gives its value, and others may not', async () => {
    await ok('create', 'priorityclass', `high-${namespace}`, '--value=1000');
    const named = { ...pod('important') };
    const spec = { ...named.spec, priorityClassName: `high-${namespace}` };
    expect((await apply({ ...named, spec })).code).toBe(0);
    const { stdout } = await ok('get', 'pod', 'important', '-o', 'jsonpath={.spec.priority}');
    expect(stdout).toBe('1000');
    const unknown = { ...named, metadata: { name: 'lost' } };
    const { stderr } = await apply({ ...unknown, spec: { ...spec, priorityClassName: 'gone' } });
    expect(stderr).toContain('pods "lost" is forbidden: no PriorityClass with name gone was found');
  });

  it('a pod gets the token of its account, and runs all the same', async () => {
    await ok('run', 'a', '--image=nginx');
    const path = 'jsonpath={.spec.volumes[0].projected.sources[0].serviceAccountToken.path}';
    expect((await ok('get', 'pod', 'a', '-o', path)).stdout).toBe('token');
    await ok('wait', 'pod', 'a', '--for=condition=Ready', '--timeout=20s');
    const spec = { ...pod('nobodys').spec, serviceAccountName: 'nobody' };
    const { stderr } = await apply({ ...pod('nobodys'), spec });
    expect(stderr).toContain(
      `pods "nobodys" is forbidden: error looking up service account ${namespace}/nobody: ` +
        'serviceaccount "nobody" not found',
    );
  });
});
