import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProcessContext } from '../platform/node/process.ts';
import { MemoryKv } from '../test/model/memory-kv.ts';
import { apiserverFlags } from './options/flags.ts';
import { apiserverCommand } from './main.ts';

let folder: string;
let kv: MemoryKv;
beforeEach(async () => {
  kv = new MemoryKv();
  folder = await mkdtemp(join(tmpdir(), 'wherry-apiserver-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Running {
  readonly url: string;
  readonly ended: Promise<unknown>;
  readonly terminate: () => void;
}

const required = ['--etcd-servers', 'http://127.0.0.1:2379', '--log-level', 'silent'];

function parse(args: readonly string[], context: Partial<ProcessContext>): Promise<unknown> {
  const command = apiserverCommand(context as ProcessContext, () => kv)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  const folders = ['--cert-dir', join(folder, 'pki')];
  return command.parseAsync([...required, ...folders, ...args], { from: 'user' });
}

/** Runs until it is ready, on a port of its own. */
function run(...args: string[]): Promise<Running> {
  const termination = new AbortController();
  return new Promise((resolve, reject) => {
    const context: Partial<ProcessContext> = {
      terminated: termination.signal,
      notifyReady: (url = '') => resolve({ url, ended, terminate: () => termination.abort() }),
    };
    const address = ['--secure-port', '0', '--bind-address', '127.0.0.1'];
    const ended = parse([...address, ...args], context);
    ended.catch(reject);
  });
}

async function adminToken(): Promise<string> {
  const file = join(folder, 'admin.csv');
  await writeFile(file, 'secret,admin,1,system:masters\n');
  return file;
}

describe('wherry apiserver', () => {
  it('serves, writes a kubeconfig, and stops when told to', async () => {
    const path = join(folder, 'admin.kubeconfig');
    const { url, ended, terminate } = await run('--write-kubeconfig', path);
    expect((await request(url).get('/readyz').trustLocalhost()).text).toBe('ok');
    const text = await readFile(path, 'utf8');
    expect(text).toContain(`server: ${url}`);
    const [ca] = /(?<=certificate-authority-data: ).*/.exec(text)!;
    const trusted = await request(url).get('/version').ca(Buffer.from(ca, 'base64').toString());
    expect(trusted.body).toMatchObject({ gitVersion: 'v1.34.0+wherry' });
    terminate();
    await ended;
    await expect(request(url).get('/readyz').trustLocalhost()).rejects.toThrow('ECONNREFUSED');
  });

  it('tells nobody where it is with --endpoint-reconciler-type=none; others do', async () => {
    const at = (address: string) => ['--advertise-address', address];
    const silent = await run(...at('10.0.0.1'), '--endpoint-reconciler-type=none');
    const told = await run(...at('10.0.0.2'), '--token-auth-file', await adminToken());
    const endpoints = async (): Promise<unknown> => {
      const path = '/api/v1/namespaces/default/endpoints/kubernetes';
      const asked = request(told.url).get(path).set('authorization', 'Bearer secret');
      return ((await asked.trustLocalhost()).body as { subsets?: unknown }).subsets;
    };
    await expect.poll(endpoints).toMatchObject([{ addresses: [{ ip: '10.0.0.2' }] }]);
    for (const { terminate } of [silent, told]) terminate();
    await Promise.all([silent.ended, told.ended]);
  });

  it('outlives watches that meet an object of the store that it does not know', async () => {
    const { url, ended, terminate } = await run('--token-auth-file', await adminToken());
    const ask = (path: string) =>
      request(url).get(path).set('authorization', 'Bearer secret').trustLocalhost();
    const field = (number: number, bytes: Uint8Array) =>
      Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
    const version = field(1, Buffer.from('policy/v1beta1'));
    const type = field(1, Buffer.concat([version, field(2, Buffer.from('PodDisruptionBudget'))]));
    const value = Buffer.concat([Buffer.from('k8s\0'), type, field(2, Buffer.alloc(0))]);
    const put = { key: '/registry/poddisruptionbudgets/default/old', value };
    await kv.txn({ compare: [], success: [{ type: 'put', request: put }], failure: [] });
    const path = '/apis/policy/v1/poddisruptionbudgets';
    await expect(ask(`${path}?watch=true`)).rejects.toThrow('aborted');
    expect((await ask(path)).status).toBe(500);
    expect((await ask('/readyz')).text).toBe('ok');
    terminate();
    await ended;
  });

  it('knows the tokens of a file', async () => {
    const file = join(folder, 'tokens.csv');
    await writeFile(file, 'secret,jane,1\n');
    const { url, ended, terminate } = await run('--token-auth-file', file);
    const ask = (token: string) =>
      request(url).get('/api').set('authorization', `Bearer ${token}`).trustLocalhost();
    expect((await ask('secret')).status).toBe(200);
    expect((await ask('wrong')).status).toBe(401);
    terminate();
    await ended;
  });

  it('asks an image policy webhook, if one is configured', async () => {
    const kubeconfig = join(folder, 'images.kubeconfig');
    const target = `{name: a, cluster: {server: 'http://127.0.0.1:1/'}}`;
    const context = '{name: a, context: {cluster: a, user: a}}';
    await writeFile(
      kubeconfig,
      `current-context: a\nclusters: [${target}]\ncontexts: [${context}]\nusers: [{name: a, user: {}}]\n`,
    );
    const file = join(folder, 'admission.yaml');
    const policy = `{kubeConfigFile: ${kubeconfig}, retryBackoff: -1}`;
    await writeFile(
      file,
      `apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n` +
        `- {name: ImagePolicyWebhook, configuration: {imagePolicy: ${policy}}}\n`,
    );
    const tokens = join(folder, 'tokens.csv');
    await writeFile(tokens, 'secret,jane,1,system:masters\n');
    const { url, ended, terminate } = await run(
      ...['--token-auth-file', tokens, '--enable-admission-plugins', 'ImagePolicyWebhook'],
      ...['--admission-control-config-file', file, '--disable-admission-plugins', 'ServiceAccount'],
    );
    const create = (path: string, body: object) =>
      request(url).post(path).set('authorization', 'Bearer secret').send(body).trustLocalhost();
    await create('/api/v1/namespaces', { metadata: { name: 'n' } });
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    const answer = await create('/api/v1/namespaces/n/pods', {
      ...{ metadata: { name: 'p' }, spec },
    });
    expect(answer.status).toBe(403);
    expect((answer.body as { message: string }).message).toContain(
      'pods "p" is forbidden: Post "http:',
    );
    terminate();
    await ended;
  });

  it.each([
    [['--nonsense'], "unknown option '--nonsense'"],
    [['extra'], 'too many arguments'],
    [['--secure-port', '70000'], 'a port is between 0 and 65535'],
    [['--etcd-servers', 'localhost:2379'], 'is not http(s)://host:port'],
    [['--service-cluster-ip-range', '10.0.0'], 'A range like 10.96.0.0/12'],
    [['--service-node-port-range', '9-1'], 'A range like 30000-32767'],
    [['--request-timeout', '60'], 'A duration like 60s'],
    [['--log-level', 'loud'], 'Allowed choices are'],
  ])('refuses %j', async (args, message) => {
    await expect(parse(args, {})).rejects.toThrow(message);
  });

  it.each([
    [['--token-auth-file', '/nowhere/tokens'], '--token-auth-file: /nowhere/tokens does not exist'],
    [
      ['--tls-cert-file', '/dev/null'],
      '--tls-cert-file and --tls-private-key-file belong together',
    ],
    [['--etcd-keyfile', '/dev/null'], '--etcd-certfile and --etcd-keyfile belong together'],
    [
      ['--admission-control=NamespaceLifecycle', '--enable-admission-plugins=NodeRestriction'],
      'admission-control and enable-admission-plugins/disable-admission-plugins flags are mutually',
    ],
    [['--admission-control=Nonsense'], 'plugin "Nonsense" is unknown'],
    [['--enable-admission-plugins=ImagePolicyWebhook'], 'no config specified'],
    [['--cert-dir', '/dev/null/pki'], 'cannot read /dev/null/pki/ca.crt'],
  ])('explains %j', async (args, message) => {
    await expect(parse(args, {})).rejects.toThrow(message);
  });

  /** What is written, not read. */
  const written = ['--write-kubeconfig', '--audit-log-path'];
  const read = apiserverFlags()
    .options.filter(({ flags, hidden }) => !hidden && /<(file|path)>$/.test(flags))
    .flatMap(({ long }) => (written.includes(long!) ? [] : [long!]));

  it.each(read)('names %s if its file is not there', async (flag) => {
    const modes: Readonly<Record<string, string>> = {
      '--authorization-webhook-config-file': 'Webhook',
      '--authorization-policy-file': 'ABAC',
    };
    const mode = modes[flag];
    const asked = mode === undefined ? [] : [`--authorization-mode=${mode}`];
    await expect(parse([...asked, flag, '/nowhere/x'], {})).rejects.toThrow(
      `${flag}: /nowhere/x does not exist`,
    );
  });

  it('names the line of a bad token file', async () => {
    const file = join(folder, 'tokens.csv');
    await writeFile(file, 'secret\n');
    await expect(parse(['--token-auth-file', file], {})).rejects.toThrow(
      `--token-auth-file: ${file}: line 1: at least 3 columns`,
    );
  });

  it('rejects when its port is taken', async () => {
    const { url, ended, terminate } = await run();
    const port = new URL(url).port;
    const address = ['--secure-port', port, '--bind-address', '127.0.0.1'];
    await expect(parse(address, {})).rejects.toThrow('EADDRINUSE');
    terminate();
    await ended;
  });
});
