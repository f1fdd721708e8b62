import { createPrivateKey } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certificate, extension, OID, signerOf } from '../../platform/node/crypto/certificate.ts';
import { realClock } from '../../platform/node/clock.ts';
import * as der from '../../platform/node/crypto/der.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import type { CertificateAndKey } from '../../platform/crypto/x509.ts';
import { ensurePki, identities } from './pki.ts';
import { servingNames } from './serving-names.ts';

const DAY_MS = 24 * 3600 * 1000;
let root: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wherry-pki-'));
  folder = join(root, 'pki');
});
afterEach(() => rm(root, { recursive: true, force: true }));

function open({ laterDays = 0, names = servingNames('10.96.0.1') } = {}) {
  const clock = { ...realClock, now: () => realClock.now() + laterDays * DAY_MS };
  return ensurePki({ folder, disk: realDisk, clock, x509: realX509, names });
}

/** The certificate of `below` as `root` signs it. */
function subordinate(below: CertificateAndKey, root: CertificateAndKey): string {
  const { name, publicKeyInfo } = signerOf(below);
  const extensions = [extension(OID.basicConstraints, der.sequence(der.boolean(true)), true)];
  const validity = realX509.inspect(root.certificate);
  return certificate({ name, publicKeyInfo, validity, extensions }, signerOf(root));
}

describe('ensurePki', () => {
  it('makes a CA once and signs with it', async () => {
    const pki = await open();
    const [serving, admin, sa] = await Promise.all([
      pki.serving(),
      pki.client('admin', identities.admin),
      pki.serviceAccount(),
    ]);
    expect(realX509.issuedBy(admin.certificate, pki.ca.certificate)).toBe(true);
    expect(realX509.covers(serving.certificate, servingNames('10.96.0.1'))).toBe(true);
    const files = ['admin', 'apiserver', 'ca'].flatMap((name) => [`${name}.crt`, `${name}.key`]);
    expect(await readdir(folder)).toEqual([...files, 'sa.key', 'sa.pub'].sort());
    expect((await stat(join(folder, 'ca.key'))).mode & 0o777).toBe(0o600);

    const again = await open();
    expect(again.ca).toEqual(pki.ca);
    expect(await again.serving()).toEqual(serving);
    expect(await again.client('admin', identities.admin)).toEqual(admin);
    expect(await again.serviceAccount()).toEqual(sa);
  });

  it('gives the administrator an RSA key that Java reads, once for all who ask', async () => {
    const pki = await open();
    const [admin, same] = await Promise.all([pki.admin(), pki.admin()]);
    expect(same).toEqual(admin);
    expect(admin.privateKey).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
    expect(createPrivateKey(admin.privateKey).asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(realX509.keyMatches(admin)).toBe(true);
    expect(realX509.issuedBy(admin.certificate, pki.ca.certificate)).toBe(true);
    expect(await (await open()).admin()).toEqual(admin);
  });

  it('issues a leaf anew when it is about to expire', async () => {
    const first = await (await open()).serving();
    expect(await (await open({ laterDays: 300 })).serving()).toEqual(first);
    const second = await (await open({ laterDays: 340 })).serving();
    expect(second.certificate).not.toBe(first.certificate);
  });

  it.each([3300, 4000])('renews the CA after %i days, and keeps its key', async (laterDays) => {
    const first = await open();
    const admin = await first.client('admin', identities.admin);
    const second = await open({ laterDays });
    expect(second.ca.privateKey).toBe(first.ca.privateKey);
    const [old, renewed] = [first, second].map(({ ca }) => realX509.inspect(ca.certificate));
    expect(renewed).toMatchObject({ isCa: true, notBeforeMs: old!.notBeforeMs });
    expect(renewed!.notAfterMs).toBeGreaterThan(old!.notAfterMs + 3000 * DAY_MS);
    // What the old one signed, and what trusts the old one, goes on.
    expect(realX509.issuedBy(admin.certificate, second.ca.certificate)).toBe(true);
    const fresh = await second.client('admin', identities.admin);
    expect(realX509.issuedBy(fresh.certificate, first.ca.certificate)).toBe(true);
    expect((await open({ laterDays })).ca).toEqual(second.ca);
  });

  it('renews the CA while it is in use', async () => {
    let laterDays = 0;
    const clock = { ...realClock, now: () => realClock.now() + laterDays * DAY_MS };
    const names = servingNames('10.96.0.1');
    const pki = await ensurePki({ folder, disk: realDisk, clock, x509: realX509, names });
    const { ca } = pki;
    await pki.serving();
    expect(pki.ca).toBe(ca);
    laterDays = 3300;
    await pki.serving();
    expect(pki.ca).not.toEqual(ca);
    expect(await readFile(join(folder, 'ca.crt'), 'utf8')).toBe(pki.ca.certificate);
  });

  it('survives a clock that was ten years ahead for a while', async () => {
    await open();
    const ahead = await (await open({ laterDays: 4000 })).serving();
    const pki = await open();
    const serving = await pki.serving();
    expect(serving).not.toEqual(ahead);
    expect(realX509.inspect(serving.certificate).notBeforeMs).toBeLessThan(realClock.now());
  });

  it('renews no CA that another signed, and says what to do when it has expired', async () => {
    const now = realClock.now();
    const validity = { notBeforeMs: now - DAY_MS, notAfterMs: now + DAY_MS };
    const root = realX509.certificateAuthority({ commonName: 'corporate' }, validity);
    const below = realX509.certificateAuthority({ commonName: 'kubernetes' }, validity);
    await open();
    await writeFile(join(folder, 'ca.key'), below.privateKey);
    await writeFile(join(folder, 'ca.crt'), subordinate(below, root));
    const pki = await open();
    expect(pki.ca.certificate).toBe(await readFile(join(folder, 'ca.crt'), 'utf8'));
    await expect(open({ laterDays: 2 })).rejects.toThrow(
      /ca\.crt has expired, and only who signed it can renew it: put a newer one in its place/,
    );
  });

  it('issues the serving certificate anew when it lacks a name', async () => {
    const first = await (await open()).serving();
    const names = servingNames('10.96.0.1', ['wherry.example', '192.0.2.7']);
    const second = await (await open({ names })).serving();
    expect(second.certificate).not.toBe(first.certificate);
    expect(realX509.covers(second.certificate, names)).toBe(true);
  });

  it('issues a leaf anew when another CA signed it or its key is another', async () => {
    const pki = await open();
    const first = await pki.client('admin', identities.admin);
    await pki.client('scheduler', identities.scheduler);
    await writeFile(join(folder, 'admin.key'), await readFile(join(folder, 'scheduler.key')));
    expect((await pki.client('admin', identities.admin)).certificate).not.toBe(first.certificate);
    await rm(join(folder, 'ca.crt'));
    await rm(join(folder, 'ca.key'));
    const other = await open();
    const second = await other.client('admin', identities.admin);
    expect(realX509.issuedBy(second.certificate, other.ca.certificate)).toBe(true);
  });

  it.each([
    ['ca.crt', 'garbage', /ca\.crt cannot be used: not a PEM certificate; restore it, or remove/],
    ['ca.key', 'garbage', /ca\.crt cannot be used: not a PEM private key/],
  ])('names a corrupt %s', async (file, text, message) => {
    await open();
    await writeFile(join(folder, file), text);
    await expect(open()).rejects.toThrow(message);
  });

  it('names half a CA, one of the future and a corrupt leaf', async () => {
    const pki = await open();
    await pki.serving();
    await expect(open({ laterDays: -3 })).rejects.toThrow(
      /ca\.crt is good only in 71 hours by this machine's clock, which is behind: set it right/,
    );
    await writeFile(join(folder, 'apiserver.crt'), 'garbage');
    await expect((await open()).serving()).rejects.toThrow(/apiserver\.crt cannot be used/);
    await rm(join(folder, 'ca.key'));
    await expect(open()).rejects.toThrow(/ca\.key cannot be used: it is missing/);
  });

  it.skipIf(process.getuid?.() === 0)('names an unreadable file', async () => {
    await open();
    await chmod(join(folder, 'ca.key'), 0);
    await expect(open()).rejects.toThrow(/cannot read .*ca\.key: permission denied/);
  });

  it('names a path that is not a folder', async () => {
    await writeFile(folder, '');
    await expect(open()).rejects.toThrow(/ca\.(crt|key): a part of its path is not a folder/);
  });
});
