/**
 * Issue 5, must show 5: Secrets at rest as kubectl and etcdctl see them. Plain at first, then under a
 * key, then under another, as the documentation's task has it: each step is a restart of the
 * server, and a rewrite of all Secrets by kubectl.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { kubeconfigOf, startTestApi, startTestStore } from '../support/test-environment.ts';
import { run, succeed, temporaryFolder, tool, wherryMain } from './harness.ts';

const kubectl = tool('kubectl');
const etcdctl = tool('etcdctl');
const secret = 'correct horse battery staple';

describe.skipIf(kubectl === undefined || etcdctl === undefined)('Secrets at rest', () => {
  const parts = new Lifecycle();
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let assets: string;
  let store: string;
  /** The server that runs now. */
  let server = new Lifecycle();
  let config: string;

  async function ok(...args: string[]): Promise<string> {
    const env = { HOME: folder.path };
    return succeed(kubectl!, ['--kubeconfig', config, ...args], { env });
  }

  /** In place of the one before, with these keys; the first writes. */
  async function serve(keys?: readonly { readonly name: string; readonly secret: string }[]) {
    await server.stop();
    server = new Lifecycle();
    const file = join(folder.path, 'encryption.yaml');
    const rule = { resources: ['secrets'], providers: [{ aescbc: { keys } }, { identity: {} }] };
    const document = { kind: 'EncryptionConfiguration', resources: [rule] };
    await writeFile(
      file,
      JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', ...document }),
    );
    const more: Record<string, string> =
      keys === undefined ? {} : { 'encryption-provider-config': file };
    const api = await startTestApi(server, { assets, folder: folder.path, store, more });
    await writeFile(config, kubeconfigOf(api));
  }

  /** What the store holds for the Secret, as bytes. */
  async function stored(): Promise<Buffer> {
    const key = '/registry/secrets/default/mine';
    const args = ['--endpoints', store, 'get', key, '-w', 'json'];
    const env = { ETCDCTL_API: '3' };
    const { kvs } = JSON.parse(await succeed(etcdctl!, args, { env })) as {
      kvs: { value: string }[];
    };
    return Buffer.from(kvs[0]!.value, 'base64');
  }

  const readBack = async (): Promise<string> => {
    const data = await ok('get', 'secret', 'mine', '-o', 'jsonpath={.data.password}');
    return Buffer.from(data, 'base64').toString();
  };
  const rewriteAll = async (): Promise<void> => {
    const all = join(folder.path, 'all.json');
    await writeFile(all, await ok('get', 'secrets', '-A', '-o', 'json'));
    await ok('replace', '-f', all);
  };
  const key = (name: string, byte: number) => ({
    name,
    secret: Buffer.alloc(32, byte).toString('base64'),
  });

  beforeAll(async () => {
    folder = await temporaryFolder();
    assets = join(folder.path, 'assets');
    config = join(folder.path, 'config');
    expect(await run(process.execPath, [wherryMain, 'assets', assets])).toMatchObject({ code: 0 });
    store = await startTestStore(parts, { assets, folder: folder.path });
    await serve();
    await ok('create', 'secret', 'generic', 'mine', `--from-literal=password=${secret}`);
  }, 120_000);
  afterAll(async () => {
    await server.stop();
    await parts.stop();
    await folder.remove();
  });

  /** Neither as it is nor as the JSON of a Secret has it. */
  const expectHidden = (bytes: Buffer): void => {
    const text = bytes.toString('latin1');
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(secret).toString('base64'));
    expect(text).not.toContain('password');
  };

  it('are plain without a configuration', async () => {
    expect((await stored()).toString('latin1')).toContain('password');
  });

  it('are read as they were and written under the key once there is one', async () => {
    await serve([key('first', 1)]);
    expect(await readBack()).toBe(secret);
    expect((await stored()).toString('latin1')).toContain('password');
    await rewriteAll();
    const bytes = await stored();
    expect(bytes.toString('latin1')).toMatch(/^k8s:enc:aescbc:v1:first:/);
    expectHidden(bytes);
    expect(await readBack()).toBe(secret);
  }, 60_000);

  it('are written under a new key, while what is under the old one is read', async () => {
    await serve([key('second', 2), key('first', 1)]);
    expect(await readBack()).toBe(secret);
    await rewriteAll();
    const bytes = await stored();
    expect(bytes.toString('latin1')).toMatch(/^k8s:enc:aescbc:v1:second:/);
    expectHidden(bytes);
  }, 60_000);

  it('no longer need the old key after that', async () => {
    await serve([key('second', 2)]);
    expect(await readBack()).toBe(secret);
  }, 60_000);

  it('cannot be read without their key, and other kinds can', async () => {
    await serve([key('other', 3)]);
    const said = await run(kubectl!, ['--kubeconfig', config, 'get', 'secret', 'mine']);
    expect(said).toMatchObject({ code: 1 });
    expect(said.stderr).toContain('Internal error occurred');
    expect(await ok('get', 'namespaces')).toContain('default');
  }, 60_000);
});
