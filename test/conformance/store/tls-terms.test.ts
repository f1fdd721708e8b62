/** Who gets through to a store over TLS: versions, ciphers, revoked certificates, host names. */
import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as der from '../../../platform/node/crypto/der.ts';
import { realX509 } from '../../../platform/node/crypto/x509.ts';
import { temporaryFolder } from '../../e2e/harness.ts';
import { runStore } from '../../support/store-command.ts';

const day = 86_400_000;
const validity = { notBeforeMs: Date.now() - day, notAfterMs: Date.now() + day };
const ca = realX509.certificateAuthority({ commonName: 'store-ca' }, validity);
const issue = (commonName: string, usage: 'server' | 'client', dnsName: string) => {
  const names = { dnsNames: [dnsName], ipAddresses: ['127.0.0.1'] };
  return realX509.issue({ subject: { commonName }, validity, usage, names }, ca);
};
const serving = issue('store', 'server', 'localhost');
const ann = issue('ann', 'client', 'ann.example.com');
const bob = issue('bob', 'client', 'bob.example.com');

/** Unsigned, for nobody looks at that. */
function revocationList(certificate: string): Buffer {
  const serial = Buffer.from(new X509Certificate(certificate).serialNumber, 'hex');
  const entry = der.sequence(der.integer(serial), der.time(Date.now()));
  const algorithm = der.sequence(der.objectIdentifier('1.2.840.10045.4.3.2'));
  const issuer = der.sequence();
  const version = der.integer(Buffer.from([1]));
  const revoked = der.sequence(entry);
  const list = der.sequence(version, algorithm, issuer, der.time(Date.now()), revoked);
  return der.sequence(list, algorithm, der.bits(Buffer.alloc(8)));
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const file = (name: string): string => join(folder.path, name);
let stores = 0;

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(file('ca'), ca.certificate);
  await writeFile(file('crt'), serving.certificate);
  await writeFile(file('key'), serving.privateKey);
  await writeFile(file('crl'), revocationList(bob.certificate));
});
afterAll(() => folder.remove());

function runSecure(flags: readonly string[], body: (url: URL) => Promise<void>): Promise<void> {
  const url = 'https://127.0.0.1:0';
  const args = [
    ...['--data-dir', file(`data-${stores++}`), '--log-level', 'silent'],
    ...['--listen-client-urls', url, '--advertise-client-urls', url],
    ...['--cert-file', file('crt'), '--key-file', file('key'), ...flags],
  ];
  return runStore(args, (at) => body(new URL(at)));
}

interface Session {
  readonly protocol: string | null;
  readonly cipher: string;
  readonly answer: string;
}

/** Asks for the version. Rejects if the handshake fails, or nothing comes after it. */
function ask(url: URL, options: object = {}): Promise<Session> {
  return new Promise((resolve, reject) => {
    const to = { host: url.hostname, port: Number(url.port), ca: ca.certificate };
    let session = { protocol: null as string | null, cipher: '' };
    const socket = connect({ ...to, ALPNProtocols: ['http/1.1'], ...options }, () => {
      session = { protocol: socket.getProtocol(), cipher: socket.getCipher().name };
      socket.write('GET /version HTTP/1.1\r\nHost: store\r\nConnection: close\r\n\r\n');
    });
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.on('error', reject);
    socket.on('close', () => {
      if (answer.includes('etcdserver')) resolve({ ...session, answer });
      else reject(new Error('closed without an answer'));
    });
  });
}

const as = (who: typeof ann) => ({ cert: who.certificate, key: who.privateKey });
const withCa = (): string[] => ['--client-cert-auth', '--trusted-ca-file', file('ca')];

describe('a store over TLS', () => {
  it('speaks 1.3 and 1.2 unless it is told otherwise', async () => {
    await runSecure([], async (url) => {
      expect((await ask(url)).protocol).toBe('TLSv1.3');
      expect((await ask(url, { maxVersion: 'TLSv1.2' })).protocol).toBe('TLSv1.2');
    });
    await runSecure(['--tls-min-version', 'TLS1.3'], async (url) => {
      await expect(ask(url, { maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version/);
      expect((await ask(url)).protocol).toBe('TLSv1.3');
    });
    await runSecure(['--tls-max-version=TLS1.2'], async (url) => {
      expect((await ask(url)).protocol).toBe('TLSv1.2');
    });
  });

  it('speaks the cipher suites that it is given, and those of 1.3', async () => {
    const suite = 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384';
    await runSecure(['--cipher-suites', suite], async (url) => {
      const older = { maxVersion: 'TLSv1.2' };
      expect((await ask(url, older)).cipher).toBe('ECDHE-ECDSA-AES256-GCM-SHA384');
      const other = { ...older, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' };
      await expect(ask(url, other)).rejects.toThrow(/handshake failure/);
      expect((await ask(url)).protocol).toBe('TLSv1.3');
    });
  });

  it('GHSA-3wh4: takes no client whose certificate is revoked', async () => {
    await runSecure([...withCa(), '--client-crl-file', file('crl')], async (url) => {
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
        expect((await ask(url, { ...as(ann), maxVersion })).answer).toContain('200 OK');
        await expect(ask(url, { ...as(bob), maxVersion })).rejects.toThrow();
      }
    });
  });

  it('takes only clients whose certificates are good for an allowed name', async () => {
    const allowed = ['--client-cert-allowed-hostname', 'x.example.com,bob.example.com'];
    await runSecure([...withCa(), ...allowed], async (url) => {
      expect((await ask(url, as(bob))).answer).toContain('200 OK');
      await expect(ask(url, as(ann))).rejects.toThrow();
    });
  });

  it.each<[string, string[], RegExp]>([
    ['a version of old', ['--tls-min-version', 'TLS1.1'], /unexpected TLS version "TLS1\.1"/],
    [
      'versions the wrong way round',
      ['--tls-min-version', 'TLS1.3', '--tls-max-version', 'TLS1.2'],
      /min version \(TLS1\.3\) is greater than max version \(TLS1\.2\)/,
    ],
    ['an unknown cipher suite', ['--cipher-suites', 'X'], /unexpected TLS cipher suite "X"/],
    ['what Node.js lacks', ['--cipher-suites', 'TLS_RSA_WITH_RC4_128_SHA'], /not spoken by Node/],
    [
      'cipher suites of 1.3 alone',
      ['--tls-min-version=TLS1.3', '--cipher-suites=TLS_RSA_WITH_AES_128_CBC_SHA'],
      /cipher suites cannot be configured when only TLS1\.3 is enabled/,
    ],
    ['a list that is none', ['--client-crl-file', import.meta.filename], /no revocation list in/],
    ['a list that is missing', ['--client-crl-file', '/none'], /\/none does not exist/],
    ['names without a CA', ['--client-cert-allowed-hostname', 'a'], /needs --trusted-ca-file/],
  ])('refuses %s in one sentence', async (_, flags, message) => {
    await expect(runSecure(flags, () => Promise.resolve())).rejects.toThrow(message);
  });
});
