/** What users download and wait for: `npm pack`, and `npm install -g` of that into an empty prefix. */
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { folder, rows, runs, say } from './suite.ts';

const MEBIBYTE = 1024 ** 2;

export function benchPackage(): void {
  say('package');
  const packed = npm('pack', '--json', '--pack-destination', folder);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  const tarball = join(folder, filename);
  const prefix = join(folder, 'prefix');
  const seconds: number[] = [];
  const installed: number[] = [];
  // The first fills npm's cache, whose time is the network's.
  for (let run = 0; run <= runs; run++) {
    rmSync(prefix, { recursive: true, force: true });
    mkdirSync(prefix);
    const begun = performance.now();
    npm('install', '--global', '--prefix', prefix, '--prefer-offline', tarball);
    if (run === 0) continue;
    seconds.push((performance.now() - begun) / 1000);
    installed.push(bytesUnder(prefix) / MEBIBYTE);
  }
  const ours = [statSync(tarball).size / MEBIBYTE];
  rows.push({ work: 'the package, packed', unit: 'MiB', ours });
  rows.push({ work: 'the same installed, with what it needs', unit: 'MiB', ours: installed });
  rows.push({
    work: '`npm install -g` into an empty prefix, downloaded',
    unit: 's',
    ours: seconds,
  });
}

function npm(...args: readonly string[]): string {
  return execFileSync('npm', [...args, '--loglevel=error', '--no-audit', '--no-fund'], {
    encoding: 'utf8',
  });
}

function bytesUnder(path: string): number {
  const entry = lstatSync(path);
  if (!entry.isDirectory()) return entry.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesUnder(join(path, name)), 0);
}
