import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realX509 } from './x509.ts';

const day = 24 * 3600 * 1000;
const validity = {
  notBeforeMs: Date.UTC(2026, 0, 1),
  notAfterMs: Date.UTC(2026, 0, 1) + 20_000 * day,
};

describe('realX509', () => {
  const ca = realX509.certificateAuthority({ commonName: 'kubernetes' }, validity);

  it('makes a CA that signs itself', () => {
    expect(realX509.inspect(ca.certificate)).toMatchObject({ isCa: true, ...validity });
    expect(realX509.keyMatches(ca)).toBe(true);
    expect(realX509.issuedBy(ca.certificate, ca.certificate)).toBe(true);
  });

  it('issues a client certificate with the subject as asked', () => {
    const subject = { commonName: 'system:node:n1', organizations: ['system:nodes', 'räksmörgås'] };
    const leaf = realX509.issue({ subject, validity, usage: 'client' }, ca);
    const parsed = new X509Certificate(leaf.certificate);
    expect(parsed.subject).toBe('O=system:nodes\nO=räksmörgås\nCN=system:node:n1');
    expect(parsed.issuer).toBe('CN=kubernetes');
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(parsed.ca).toBe(false);
    expect(realX509.keyMatches(leaf)).toBe(true);
    expect(realX509.issuedBy(leaf.certificate, ca.certificate)).toBe(true);
    const other = realX509.certificateAuthority({ commonName: 'kubernetes' }, validity);
    expect(realX509.issuedBy(leaf.certificate, other.certificate)).toBe(false);
    expect(realX509.keyMatches({ ...leaf, privateKey: ca.privateKey })).toBe(false);
  });

  it('issues a serving certificate good for its names', () => {
    const names = {
      dnsNames: ['localhost', 'kubernetes.default.svc'],
      ipAddresses: ['127.0.0.1', '::1', 'fd00::a:b', '::ffff:10.1.2.3'],
    };
    const leaf = realX509.issue(
      { subject: { commonName: 'kube-apiserver' }, validity, usage: 'server', names },
      ca,
    );
    const parsed = new X509Certificate(leaf.certificate);
    expect(parsed.checkHost('localhost')).toBe('localhost');
    expect(parsed.checkHost('example.org')).toBeUndefined();
    for (const address of ['127.0.0.1', '::1', 'fd00::a:b', '::ffff:10.1.2.3']) {
      expect(parsed.checkIP(address), address).toBe(address);
    }
    expect(realX509.covers(leaf.certificate, names)).toBe(true);
    expect(realX509.covers(leaf.certificate, { ...names, dnsNames: ['other'] })).toBe(false);
    expect(realX509.covers(leaf.certificate, { ...names, ipAddresses: ['::2'] })).toBe(false);
  });

  it('says what is wrong with bad PEM', () => {
    expect(() => realX509.inspect('nonsense')).toThrow('not a PEM certificate');
    expect(() => realX509.keyMatches({ ...ca, privateKey: 'nonsense' })).toThrow(
      'not a PEM private key',
    );
  });

  it('is accepted by openssl verify -x509_strict', () => {
    const folder = mkdtempSync(join(tmpdir(), 'wherry-x509-'));
    const leaf = realX509.issue({ subject: { commonName: 'c' }, validity, usage: 'client' }, ca);
    writeFileSync(join(folder, 'ca.crt'), ca.certificate);
    writeFileSync(join(folder, 'leaf.crt'), leaf.certificate);
    const purpose = ['-x509_strict', '-purpose', 'sslclient', '-CAfile', 'ca.crt', 'leaf.crt'];
    const said = execFileSync('openssl', ['verify', '-no_check_time', ...purpose], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(said).toBe('leaf.crt: OK\n');
  });
});
