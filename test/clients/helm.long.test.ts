/**
 * Helm 3 with a chart that has what charts have: definitions, lookups, capabilities, hooks, tests,
 * workloads that are waited for. Skipped, and loudly, where there is no helm.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Result, run, temporaryFolder, TestCluster, tool } from '../e2e/harness.ts';

const helmPath = tool('helm');
const chart = join(import.meta.dirname, 'helm');

describe.skipIf(helmPath === undefined)('helm', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let cluster: TestCluster;
  beforeAll(async () => {
    folder = await temporaryFolder();
    cluster = await TestCluster.up(join(folder.path, 'cluster'));
  }, 120_000);
  afterAll(async () => {
    await cluster.stop();
    await folder.remove();
  });

  const helm = (...args: string[]): Promise<Result> => {
    const homes = ['CACHE', 'CONFIG', 'DATA'].map((home) => [
      `HELM_${home}_HOME`,
      join(folder.path, home),
    ]);
    const env = { ...cluster.env, ...(Object.fromEntries(homes) as Record<string, string>) };
    return run(helmPath!, ['-n', 'port', ...args], { env, timeoutMs: 180_000 });
  };
  const get = async (...args: string[]): Promise<string> =>
    (await cluster.kubectlLite('get', '-n', 'port', ...args)).stdout;
  const history = async () => {
    const { stdout } = await helm('history', 'h', '-o', 'json');
    const entries = JSON.parse(stdout) as { status: string; description: string }[];
    return entries.map(({ status, description }) => `${status}: ${description}`);
  };
  const password = () => get('secret', 'h-secret', '-o', 'jsonpath={.data.password}');
  let first = '';

  it('installs and waits; a test of the release passes', async () => {
    const args = ['install', 'h', chart, '--create-namespace', '--wait', '--timeout', '150s'];
    expect(await helm(...args)).toMatchObject({ code: 0 });
    const data = JSON.parse(await get('configmap', 'h', '-o', 'jsonpath={.data}')) as unknown;
    const kubernetes = expect.stringMatching(/^v1\.34\./) as string;
    expect(data).toEqual({ kubernetes, autoscaler: 'true', prometheus: 'false' });
    expect(await get('deploy', 'h', '-o', 'jsonpath={.status.readyReplicas}')).toBe('2');
    expect(await get('jobs', '-o', 'name')).toBe('');
    const tested = await helm('test', 'h', '--logs', '--timeout', '150s');
    expect(tested).toMatchObject({ code: 0 });
    expect(tested.stdout).toMatch(/POD LOGS: h-test\ntested\n/);
    first = await password();
  }, 400_000);

  it('upgrades; what was looked up stays', async () => {
    const args = ['upgrade', 'h', chart, '--set', 'replicas=3', '--wait', '--timeout', '150s'];
    expect(await helm(...args)).toMatchObject({ code: 0 });
    expect(await get('boats', 'h', '-o', 'jsonpath={.spec.length}')).toBe('3');
    expect(await password()).toBe(first);
    expect(first).not.toBe('');
  }, 200_000);

  it('stops at a hook that fails, and at what the server refuses', async () => {
    const hook = await helm('upgrade', 'h', chart, '--set', 'migration=exit 3');
    expect(hook).toMatchObject({ code: 1 });
    expect(hook.stderr).toContain('job h-migrate failed: BackoffLimitExceeded');
    const refused = await helm('upgrade', 'h', chart, '--set', 'replicas=0');
    expect(refused.stderr).toContain('spec.length in body should be greater than or equal to 1');
  }, 200_000);

  it('goes back when an atomic upgrade does not get ready, and when asked to', async () => {
    const never = 'annotations.wherry\\.io/ready-seconds=100000';
    const args = ['--set-string', never, '--atomic', '--timeout', '20s'];
    const failed = await helm('upgrade', 'h', chart, ...args);
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr).toContain('has been rolled back due to atomic being set');
    const back = await helm('rollback', 'h', '1', '--wait', '--timeout', '150s');
    expect(back).toMatchObject({ code: 0 });
    expect(await get('deploy', 'h', '-o', 'jsonpath={.status.readyReplicas}')).toBe('2');
    expect((await history()).at(-1)).toBe('deployed: Rollback to 1');
  }, 400_000);

  it('uninstalls and leaves the definition', async () => {
    const args = ['uninstall', 'h', '--wait', '--cascade', 'foreground', '--timeout', '150s'];
    expect(await helm(...args)).toMatchObject({ code: 0 });
    expect(await get('deploy,sts,svc,boats,secrets', '-o', 'name')).toBe('');
    expect(await get('crd', '-o', 'name')).toContain('boats.helm.example.com');
  }, 200_000);
});
