/** Tokens of service accounts with stock kubectl, from the first to the last day. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realTokenKeys } from '../../platform/node/crypto/token-keys.ts';
import { type Cluster, startCluster } from '../../index.ts';
import { run, type Result, temporaryFolder, tool } from './harness.ts';
import { until } from '../support/until.ts';

const kubectlPath = tool('kubectl');

describe.skipIf(kubectlPath === undefined)('service account tokens, with kubectl', () => {
  let cluster: Cluster;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let config: string;
  let bare: string;

  const kubectl = (...args: string[]): Promise<Result> =>
    run(kubectlPath!, ['--kubeconfig', config, ...args], { env: { HOME: folder.path } });

  /** Nothing proves who asks but the token. */
  const as = (token: string, ...args: string[]): Promise<Result> =>
    run(kubectlPath!, ['--kubeconfig', bare, `--token=${token}`, ...args], {
      env: { HOME: folder.path },
    });

  async function ok(...args: string[]): Promise<string> {
    const said = await kubectl(...args);
    expect(said, args.join(' ')).toMatchObject({ code: 0 });
    return said.stdout.trim();
  }

  async function review(token: string, audiences?: string[]): Promise<Record<string, unknown>> {
    const file = join(folder.path, 'review.json');
    const spec = { token, ...(audiences === undefined ? {} : { audiences }) };
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec };
    await writeFile(file, JSON.stringify(body));
    const out = await ok('create', '-f', file, '-o', 'json');
    return (JSON.parse(out) as { status: Record<string, unknown> }).status;
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    cluster = await startCluster({ nodes: 1 });
    config = join(folder.path, 'config');
    bare = join(folder.path, 'bare');
    await writeFile(config, cluster.kubeconfig);
    await writeFile(bare, cluster.kubeconfig.replace(/^ +client-(certificate|key)-data.*\n/gm, ''));
    await ok('create', 'serviceaccount', 'bot');
  });

  afterAll(async () => {
    await cluster?.stop();
    await folder?.remove();
  });

  it('proves the account to the API, which then has its roles', async () => {
    const token = await ok('create', 'token', 'bot');
    const who = await as(token, 'auth', 'whoami', '-o', 'json');
    expect(JSON.parse(who.stdout)).toMatchObject({
      status: {
        userInfo: {
          username: 'system:serviceaccount:default:bot',
          groups: [
            'system:serviceaccounts',
            'system:serviceaccounts:default',
            'system:authenticated',
          ],
        },
      },
    });
    expect((await as(token, 'get', 'pods')).stderr).toContain(
      'pods is forbidden: User "system:serviceaccount:default:bot" cannot list',
    );
    await ok('create', 'rolebinding', 'bot', '--clusterrole=view', '--serviceaccount=default:bot');
    await until('allowed', async () => (await as(token, 'get', 'pods')).code === 0);
  });

  it('refuses what is no token of ours', async () => {
    const token = await ok('create', 'token', 'bot');
    const said = await as(`${token.slice(0, -6)}AAAAAA`, 'get', 'pods');
    expect(said.stderr).toContain('You must be logged in to the server');
    expect((await kubectl('create', 'token', 'bot', '--duration=10s')).stderr).toContain(
      'spec.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes',
    );
    expect((await kubectl('create', 'token', 'none')).stderr).toContain(
      'serviceaccounts "none" not found',
    );
  });

  it('is reviewed for its audiences', async () => {
    const token = await ok('create', 'token', 'bot', '--audience=vault');
    expect(await review(token, ['vault', 'other'])).toMatchObject({
      authenticated: true,
      audiences: ['vault'],
      user: { username: 'system:serviceaccount:default:bot' },
    });
    const toApi = await review(token);
    expect(toApi['authenticated']).toBe(undefined);
    expect(toApi['error']).toContain('is invalid for the target audiences');
    expect((await as(token, 'get', 'pods')).code).toBe(1);
  });

  it('dies with the pod it is bound to, and with its account', async () => {
    await ok('create', 'serviceaccount', 'short');
    const spec = { serviceAccountName: 'short', containers: [{ name: 'c', image: 'x' }] };
    await ok('run', 'bound', '--image=x', '--overrides', JSON.stringify({ spec }));
    const flags = ['--bound-object-kind=Pod', '--bound-object-name=bound'];
    const token = await ok('create', 'token', 'short', ...flags);
    const { user } = (await review(token)) as { user: { extra: Record<string, string[]> } };
    expect(user.extra['authentication.kubernetes.io/pod-name']).toEqual(['bound']);
    await ok('delete', 'pod', 'bound', '--force', '--grace-period=0');
    expect((await review(token))['error']).toContain('service account token has been invalidated');
    const own = await ok('create', 'token', 'short');
    expect((await review(own))['authenticated']).toBe(true);
    await ok('delete', 'serviceaccount', 'short');
    expect((await review(own))['error']).toContain('serviceaccounts "short" not found');
  });

  it('can be checked by others with the published keys', async () => {
    const token = await ok('create', 'token', 'bot', '--audience=elsewhere');
    const configuration = JSON.parse(
      await ok('get', '--raw', '/.well-known/openid-configuration'),
    ) as Record<string, unknown>;
    expect(configuration).toMatchObject({
      issuer: 'https://kubernetes.default.svc.cluster.local',
      subject_types_supported: ['public'],
    });
    const { keys } = JSON.parse(await ok('get', '--raw', '/openid/v1/jwks')) as {
      keys: Record<string, unknown>[];
    };
    const claims = realTokenKeys.published(keys[0]!)!.verify(token);
    expect(claims).toMatchObject({
      iss: configuration['issuer'],
      aud: ['elsewhere'],
      sub: 'system:serviceaccount:default:bot',
    });
    const bot = await ok('create', 'token', 'bot');
    expect((await as(bot, 'get', '--raw', '/openid/v1/jwks')).code).toBe(0);
  });

  it('is put into Secrets that ask for it, which go with their account', async () => {
    await ok('create', 'serviceaccount', 'old');
    const file = join(folder.path, 'secret.json');
    const annotations = { 'kubernetes.io/service-account.name': 'old' };
    const metadata = { name: 'old-token', annotations };
    const type = 'kubernetes.io/service-account-token';
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, type }));
    await ok('create', '-f', file);
    const field = (path: string): Promise<string> =>
      ok('get', 'secret', 'old-token', '-o', `jsonpath={.data.${path}}`);
    await until('a token in the secret', async () => (await field('token')) !== '');
    const token = Buffer.from(await field('token'), 'base64').toString();
    expect(Buffer.from(await field('ca\\.crt'), 'base64').toString()).toContain(
      'BEGIN CERTIFICATE',
    );
    const who = await as(token, 'auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}');
    expect(who.stdout).toBe('system:serviceaccount:default:old');
    const used = "jsonpath={.metadata.labels['kubernetes\\.io/legacy-token-last-used']}";
    expect(await ok('get', 'secret', 'old-token', '-o', used)).toMatch(/^\d{4}-\d\d-\d\d$/);
    await ok('delete', 'serviceaccount', 'old');
    await until(
      'the secret gone',
      async () => (await kubectl('get', 'secret', 'old-token')).code === 1,
    );
    expect((await as(token, 'get', 'pods')).stderr).toContain('must be logged in');
  });

  it('comes with the CA to trust, in every namespace', async () => {
    await ok('create', 'namespace', 'fresh');
    const get = ['get', 'cm', '-n', 'fresh', 'kube-root-ca.crt', '-o', 'jsonpath={.data.ca\\.crt}'];
    await until('served', async () => (await kubectl(...get)).code === 0);
    expect(await ok(...get)).toContain('BEGIN CERTIFICATE');
    await ok('delete', 'cm', '-n', 'fresh', 'kube-root-ca.crt');
    await until('served again', async () => (await kubectl(...get)).code === 0);
  });
});
