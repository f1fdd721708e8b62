/** Every release of stock kubectl, every command that needs no container (issue 4, must show 1). */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, kubectls, run, succeed, temporaryFolder, TestCluster } from './harness.ts';
import { chapters, manifests, type Row } from './kubectl-matrix.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: TestCluster;

beforeAll(async () => {
  folder = await temporaryFolder();
  cluster = await TestCluster.up(`${folder.path}/data`, ['--nodes', '3']);
});
afterAll(async () => {
  expect(await cluster.stop()).toBe(0);
  await folder.remove();
});

/** Words as a shell would split them: single quotes hold together, `$NS` is the namespace. */
const words = (line: string, namespace: string): string[] =>
  (line.match(/(?:'[^']*'|[^\s'])+/g) ?? []).map((word) =>
    (/^(-o )?.*jsonpath='/.test(word) ? word : word.replaceAll("'", '')).replaceAll(
      '$NS',
      namespace,
    ),
  );

const role = (namespace: string): object => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: { name: 'reconciled', namespace },
  rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
});

async function signingRequest(name: string, path: string): Promise<object> {
  const key = join(path, 'key.pem');
  const csr = join(path, 'csr.pem');
  const subject = ['-subj', `/CN=${name}`];
  await succeed('openssl', [
    'req',
    '-new',
    '-newkey',
    'rsa:2048',
    '-nodes',
    ...subject,
    '-keyout',
    key,
    '-out',
    csr,
  ]);
  const pem = await succeed('cat', [csr]);
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: {
      request: Buffer.from(pem).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
    },
  };
}

describe.each(kubectls())('stock $name', ({ name, path }) => {
  const namespace = name.replaceAll('.', '-');
  const minor = Number(/(\d+)$/.exec(name)?.[1] ?? 99);
  let home: string;

  beforeAll(async () => {
    home = join(folder.path, name);
    await mkdir(home, { recursive: true });
    const files: Record<string, object> = {
      ...manifests,
      'role.json': role(namespace),
      'csr.json': await signingRequest(namespace, home),
      'kustomization.yaml': { resources: ['cm.json'], namePrefix: 'pre-' },
    };
    for (const [file, object] of Object.entries(files))
      await writeFile(join(home, file), JSON.stringify(object));
    await attempt({ line: 'create namespace $NS' });
  });

  async function attempt({ line, env = {}, code = 0, out, err }: Row): Promise<void> {
    const said = await run(path, ['-n', namespace, ...words(line, namespace)], {
      env: { KUBECONFIG: cluster.kubeconfig, HOME: home, ...env },
      cwd: home,
      timeoutMs: 90_000,
    });
    expect(said.code, `${line}: ${said.stderr}`).toBe(code);
    if (out !== undefined) expect(said.stdout, line).toMatch(exactly(out));
    if (err !== undefined) expect(said.stderr, line).toMatch(exactly(err));
  }

  for (const { title, rows } of chapters) {
    describe(title, () => {
      it.each(rows.filter(({ since = 0 }) => since <= minor))(
        '$line',
        async (row) => {
          if (row.later !== true) return attempt(row);
          await eventually(row.line, async () => {
            await attempt(row);
            return true;
          });
        },
        120_000,
      );
    });
  }
});

const exactly = (expected: string | RegExp): RegExp =>
  typeof expected === 'string'
    ? new RegExp(`^${expected.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`)
    : expected;
