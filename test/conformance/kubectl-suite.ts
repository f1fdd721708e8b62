/**
 * Stock kubectl against one API server with an embedded store. Skipped, and loudly, where
 * kubectl is not installed.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SecureApi, startSecureApi } from '../support/secure-api.ts';
import { type Said, serverSideApply } from './kubectl-apply.ts';

/** By version; "kubectl" where the versions are not told apart. Oldest first. */
function installed(): Map<string, string> {
  const found = new Map<string, string>();
  try {
    const path = execFileSync('which', ['kubectl'], { encoding: 'utf8' }).trim();
    found.set('kubectl', path);
    const folder = dirname(realpathSync(path));
    for (const version of ['1.27', '1.28', '1.29', '1.30', '1.31', '1.32', '1.33']) {
      const versioned = join(folder, `kubectl.${version}`);
      if (existsSync(versioned)) found.set(version, versioned);
    }
    if (found.size > 1) found.delete('kubectl');
  } catch {
    console.warn('SKIPPED: kubectl is not installed, so nothing here was tried with it');
  }
  return found;
}

let api: SecureApi;

async function run(binary: string, args: readonly string[], home: string): Promise<Said> {
  const env = { ...process.env, HOME: home, KUBECONFIG: api.kubeconfig };
  try {
    const { stdout, stderr } = await promisify(execFile)(binary, args, { env, cwd: api.folder });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

const deployment = (image: string, replicas: unknown = 2): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'c', image, ports: [{ containerPort: 80 }] }] },
    },
  },
});

function suite(version: string, binary: string): void {
  const namespace = `v${version.replace('.', '-')}`;
  const kubectl = (...args: string[]): Promise<Said> =>
    run(binary, args, join(api.folder, `home-${version}`));
  const inNamespace = (...args: string[]): Promise<Said> => kubectl('-n', namespace, ...args);

  /** Runs and expects success. */
  async function ok(...args: string[]): Promise<string> {
    const said = await inNamespace(...args);
    expect(said, args.join(' ')).toMatchObject({ code: 0 });
    return said.out;
  }

  async function file(name: string, object: object): Promise<string> {
    const path = join(api.folder, `${namespace}-${name}.json`);
    await writeFile(path, JSON.stringify(object));
    return path;
  }

  it('learns versions and resources', async () => {
    expect(JSON.parse(await ok('version', '-o', 'json'))).toMatchObject({
      serverVersion: { major: '1', minor: '34', gitVersion: 'v1.34.0+wherry' },
    });
    const resources = await ok('api-resources', '-o', 'name');
    expect(resources.split('\n')).toEqual(
      expect.arrayContaining(['configmaps', 'pods', 'deployments.apps']),
    );
    expect(await ok('get', '--raw', '/readyz')).toBe('ok');
  });

  it('creates, gets, describes and deletes', async () => {
    await ok('create', 'namespace', namespace);
    await ok('create', 'configmap', 'settings', '--from-literal=a=b');
    expect(await ok('get', 'cm', 'settings', '-o', 'jsonpath={.data.a}')).toBe('b');
    expect(await ok('get', 'cm')).toMatch(/NAME +DATA +AGE\nsettings +1 +\d+s/);
    expect(await ok('describe', 'cm', 'settings')).toContain('Name:         settings');
    expect(await ok('delete', 'cm', 'settings')).toContain('configmap "settings" deleted');
    const gone = await inNamespace('get', 'cm', 'settings');
    expect(gone).toMatchObject({
      code: 1,
      err: 'Error from server (NotFound): configmaps "settings" not found\n',
    });
  });

  it('applies, changes and applies again', async () => {
    const first = await file('web', deployment('nginx:1'));
    expect(await ok('apply', '-f', first)).toBe('deployment.apps/web created\n');
    expect(await ok('apply', '-f', first)).toBe('deployment.apps/web unchanged\n');
    const second = await file('web', deployment('nginx:2', 3));
    expect(await ok('apply', '-f', second)).toBe('deployment.apps/web configured\n');
    const path = 'jsonpath={.spec.replicas} {.spec.template.spec.containers[*].image}';
    expect(await ok('get', 'deploy', 'web', '-o', path)).toBe('3 nginx:2');
    await ok('scale', 'deploy/web', '--replicas=5');
    await ok('set', 'image', 'deploy/web', 'c=nginx:3');
    await ok('label', 'deploy', 'web', 'tier=front');
    expect(await ok('get', 'deploy', 'web', '-o', path)).toBe('5 nginx:3');
    expect(await ok('get', 'deploy', '-l', 'tier=front', '-o', 'name')).toBe(
      'deployment.apps/web\n',
    );
    await ok('delete', 'deploy', 'web');
  });

  serverSideApply({ kubectl: inNamespace, file });

  it('is told what is wrong with a manifest', async () => {
    const unknown = await file('unknown', { ...deployment('nginx'), spce: {} });
    const said = await inNamespace('create', '-f', unknown);
    expect(said.code).toBe(1);
    expect(said.err).toContain('strict decoding error: unknown field "spce"');
    const typed = await inNamespace('create', '-f', await file('typed', deployment('n', 'three')));
    expect(typed.code).toBe(1);
    expect(typed.err).toMatch(/cannot be handled as a Deployment/);
  });

  it('explains', async () => {
    const text = await ok('explain', 'deploy.spec.strategy');
    expect(text).toMatch(/KIND: +Deployment/);
    expect(text).toMatch(/rollingUpdate\s*<(RollingUpdateDeployment|Object)>/);
  });

  it('is refused with a wrong token', async () => {
    const home = join(api.folder, `home-${version}`);
    const args = [
      '--kubeconfig',
      '/dev/null',
      '--insecure-skip-tls-verify',
      '--server',
      api.server,
    ];
    const wrong = await run(binary, [...args, '--token', 'wrong', 'get', 'pods'], home);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain('Unauthorized');
  });
}

/** The newest installed version; `kubectl-matrix.long.test.ts` asks more of all of them. */
export function tryKubectl(): void {
  const chosen = [...installed()].slice(-1);
  describe.skipIf(chosen.length === 0)('stock kubectl', () => {
    beforeAll(async () => {
      api = await startSecureApi();
    });
    afterAll(() => api.stop());
    it('is installed', () => expect(chosen).not.toEqual([]));
    for (const [version, binary] of chosen) describe(version, () => suite(version, binary));
  });
}
