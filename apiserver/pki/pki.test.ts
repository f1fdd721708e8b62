import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/disk.ts';
import { realX509 } from '../../platform/node/x509.ts';
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

  it('issues a leaf anew when it is about to expire', async () => {
    const first = await (await open()).serving();
    expect(await (await open({ laterDays: 300 })).serving()).toEqual(first);
    const second = await (await open({ laterDays: 340 })).serving();
    expect(second.certificate).not.toBe(first.certificate);
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

  it('names half a CA, an expired one and a corrupt leaf', async () => {
    const pki = await open();
    await pki.serving();
    await expect(open({ laterDays: 4000 })).rejects.toThrow(/ca\.crt has expired/);
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
    await expect(open()).rejects.toThrow(/ca\.crt: a part of its path is not a folder/);
  });
});
