// `node scripts/build.mjs` compiles the sources to dist/. Imported by run.mjs, which builds only when stale.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'dist', '.sources');
const binaries = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).bin;

/** Files that the build reads, as the build configuration names them. */
function* sources() {
  const config = JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8'));
  yield* ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/build.mjs'];
  for (const entry of config.include) yield* walk(entry);
}

function* walk(path) {
  const full = join(root, path);
  if (!existsSync(full)) return;
  if (!statSync(full).isDirectory()) {
    if (/\.(ts|json)$/.test(path) && !path.endsWith('.test.ts')) yield path;
    return;
  }
  for (const name of readdirSync(full).sort()) yield* walk(`${path}/${name}`);
}

function signature() {
  const names = [];
  const hash = createHash('sha256');
  for (const path of sources()) {
    const { size, mtimeMs } = statSync(join(root, path));
    names.push(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return {
    names: createHash('sha256').update(names.join('\n')).digest('hex'),
    all: hash.digest('hex'),
  };
}

export function buildIfStale() {
  const now = signature();
  const before = existsSync(stamp) ? JSON.parse(readFileSync(stamp, 'utf8')) : undefined;
  if (before?.all === now.all) return;
  // tsc never removes outputs of sources that are gone.
  if (before !== undefined && before.names !== now.names)
    rmSync(join(root, 'dist'), { recursive: true, force: true });
  build(now);
}

function build(now) {
  console.log('wherry: building (tsc)');
  node(join(root, 'node_modules', 'typescript', 'bin', 'tsc'), [
    '-p',
    join(root, 'tsconfig.build.json'),
  ]);
  for (const step of ['build-descriptions.mjs']) {
    const script = join(root, 'scripts', step);
    if (existsSync(script)) node(script, []);
  }
  linkBinaries();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, JSON.stringify(now));
}

/** In a clone `npx wherry` then finds the command without asking a registry. */
function linkBinaries() {
  for (const [name, path] of Object.entries(binaries)) {
    chmodSync(join(root, path), 0o755);
    const link = join(root, 'node_modules', '.bin', name);
    rmSync(link, { force: true });
    symlinkSync(join('..', '..', path), link);
  }
}

function node(script, args) {
  const done = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  build(signature());
