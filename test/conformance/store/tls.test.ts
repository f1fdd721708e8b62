/** Certificates: those that the store makes itself, and those that name a user. */
import { readFile, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realX509 } from '../../../platform/node/crypto/x509.ts';
import { run, temporaryFolder } from '../../e2e/harness.ts';
import { runStore } from '../../support/store-command.ts';
import { etcdctl } from './servers.ts';

const day = 86_400_000;
const validity = { notBeforeMs: Date.now() - day, notAfterMs: Date.now() + day };
const ca = realX509.certificateAuthority({ commonName: 'store-ca' }, validity);
const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
const issue = (commonName: string) =>
  realX509.issue({ subject: { commonName }, validity, usage: 'client' }, ca);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  const serving = realX509.issue(
    { subject: { commonName: 'store' }, validity, usage: 'server', names },
    ca,
  );
  const save = (name: string, text: string) => writeFile(join(folder.path, name), text);
  await save('ca', ca.certificate);
  await save('store.crt', serving.certificate);
  await save('store.key', serving.privateKey);
  for (const name of ['root', 'ann']) {
    const { certificate, privateKey } = issue(name);
    await save(`${name}.crt`, certificate);
    await save(`${name}.key`, privateKey);
  }
});
afterAll(() => folder.remove());

const https = 'https://127.0.0.1:0';
const served = ['--listen-client-urls', https, '--advertise-client-urls', https];

async function ctl(url: string, flags: readonly string[], line: string): Promise<string> {
  const args = ['--endpoints', url, ...flags, ...line.split(' ')];
  const options = { env: { ETCDCTL_API: '3' }, cwd: folder.path, timeoutMs: 20_000 };
  const { stdout, stderr } = await run(etcdctl!, args, options);
  return stdout + (/^Error: .*/m.exec(stderr)?.[0] ?? '');
}

/** Body and status of a POST with a client certificate, or without one. */
function post(url: string, body: string, tls: object): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(url, { method: 'POST', ...tls }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve([answer.statusCode!, text]));
    });
    sent.on('error', reject).end(body);
  });
}

describe.skipIf(etcdctl === undefined)('a store with --auto-tls', () => {
  it('makes a certificate once, and serves gRPC and HTTP with it', async () => {
    const dataDir = join(folder.path, 'auto');
    const certificates: string[] = [];
    for (let round = 0; round < 2; round++) {
      const args = ['--data-dir', dataDir, '--log-level', 'silent', '--auto-tls', ...served];
      await runStore(args, async (url) => {
        expect(url).toMatch(/^https:/);
        const trust = ['--insecure-skip-tls-verify', '--insecure-transport=false'];
        expect(await ctl(url, trust, 'put a 1')).toBe('OK\n');
        expect(await ctl(url, trust, 'endpoint status -w json')).toContain('"leader"');
        const [status] = await post(`${url}/v3/kv/range`, '{"key":"YQ=="}', {
          rejectUnauthorized: false,
        });
        expect(status).toBe(200);
        certificates.push(await readFile(join(dataDir, 'fixtures', 'client', 'cert.pem'), 'utf8'));
      });
    }
    expect(certificates[1]).toBe(certificates[0]);
  });
});

describe.skipIf(etcdctl === undefined)('a store with --client-cert-auth', () => {
  it('takes the name in a certificate for the user, on gRPC only', async () => {
    const path = (name: string): string => join(folder.path, name);
    const flags = [
      ...['--data-dir', path('data'), '--log-level', 'silent', '--client-cert-auth', ...served],
      ...['--cert-file', path('store.crt'), '--key-file', path('store.key')],
      ...['--trusted-ca-file', path('ca'), '--bcrypt-cost', '4'],
    ];
    await runStore(flags, async (url) => {
      const as = (name: string) => (line: string) =>
        ctl(url, ['--cacert', 'ca', '--cert', `${name}.crt`, '--key', `${name}.key`], line);
      const [root, ann] = [as('root'), as('ann')];
      for (const line of [
        ...['user add root --no-password', 'user grant-role root root', 'user add ann:secret'],
        ...['role add team', 'role grant-permission team readwrite team/ --prefix'],
        ...['user grant-role ann team', 'auth enable'],
      ])
        expect(await root(line), line).not.toContain('Error');
      expect(await ann('put team/x 1')).toBe('OK\n');
      expect(await ann('get other')).toBe('Error: etcdserver: permission denied');
      expect(await ann('user add bob:b')).toBe('Error: etcdserver: permission denied');
      expect(await root('get team/x --print-value-only')).toBe('1\n');
      // A name and a password go before the certificate.
      expect(await root('get other --user ann:secret')).toContain('permission denied');
      // On the gateway the certificate of a proxy would stand for all its users: etcd refuses.
      const { certificate, privateKey } = issue('root');
      const tls = { ca: ca.certificate, cert: certificate, key: privateKey };
      const [status, text] = await post(`${url}/v3/kv/range`, '{"key":"YQ=="}', tls);
      expect([status, text]).toEqual([400, expect.stringContaining('will be ignored')]);
      expect(await root('auth disable')).toBe('Authentication Disabled\n');
    });
  });
});
