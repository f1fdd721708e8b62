// `node scripts/build.mjs` makes dist/: declarations by tsc, which checks the types on the way, and programs by esbuild, which
// joins the sources and the packages they use into one file each (see program.cjs): loading hundreds of modules took
// longer than starting a cluster.
// Imported by run.mjs, which builds only when stale.
import { buildSync } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'dist', '.sources');
/** What each program is made of, and the files that run it. An `import()` in the sources stays lazy. */
const programs = {
  wherry: `export const main = () => import('./cluster/main.ts');
           export const library = () => require('./index.ts');`,
  // Without the rest of Wherry a member is there sooner.
  store: `export const main = () => import('./cluster/store-main.ts');`,
  'kubectl-lite': `export const main = () => import('./kubectl-lite/main.ts');`,
};
/** What program.cjs hands to a program, which is one function. */
const parameters = 'exports, require, module, __filename, __dirname, __meta';
const runners = {
  // CommonJS: Node's loader of modules takes a command line longer than its request.
  'cluster/main.cjs': `#!/usr/bin/env node
const [, , word] = process.argv;
if (word === 'kubectl') process.argv.splice(2, 1);
const name = word === 'store' ? 'store' : word === 'kubectl' ? 'kubectl-lite' : 'wherry';
require('../programs/program.cjs').program(name).main();
`,
  'kubectl-lite/main.js': `#!/usr/bin/env node\nrequire('../programs/program.cjs').program('kubectl-lite').main();\n`,
  'kubectl-lite/package.json': '{ "type": "commonjs" }\n',
  'index.cjs': `module.exports = require('./programs/program.cjs').program('wherry').library();\n`,
  'index.js': `import library from './index.cjs';\nexport const { startCluster } = library;\n`,
  // Jest and other CommonJS users see the types of the module.
  'index.d.cts': `import type * as library from './index.js' with { 'resolution-mode': 'import' };
export declare const startCluster: typeof library.startCluster;
export type StartClusterOptions = library.StartClusterOptions;
export type Cluster = library.Cluster;
`,
};
/** Modules of their own. */
const modules = [
  'bench/main.ts',
  'bench/scheduler/main.ts',
  'platform/node/crypto/bcrypt-worker.ts',
];
/**
 * Databases, whose native halves are looked for beside the file that asks: each is a folder below dist/programs. Licences of
 * what is in their binaries.
 */
const natives = {
  'classic-level': ['deps/leveldb/leveldb-1.20/LICENSE', 'deps/snappy/snappy/COPYING'],
  rocksdb: [
    'deps/rocksdb/rocksdb/LICENSE.Apache',
    'deps/rocksdb/rocksdb/LICENSE.leveldb',
    'deps/snappy/snappy-1.1.7/COPYING',
  ],
};
/** Of no use here, or of machines without Node.js 20. */
const leftOut = /^(android|win32-ia32|linux-arm$)/;
const replaced = {
  'body-parser': join(root, 'scripts', 'left-out.mjs'),
  qs: join(root, 'scripts', 'left-out.mjs'),
  // Express asks for media types by file names, which nothing here serves: 2,500 of them are sorted
  // at each start.
  'mime-db': join(root, 'scripts', 'few-media-types.json'),
};
const binaries = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).bin;

/** Files that the build reads, as the build configuration names them. */
function* sources() {
  const config = JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8'));
  yield* [
    'tsconfig.json',
    'tsconfig.build.json',
    'package-lock.json',
    'scripts/build.mjs',
    'scripts/left-out.mjs',
    'scripts/few-media-types.json',
    'scripts/program.cjs',
    'scripts/keep-compiled.mjs',
  ];
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
  bundle();
  node(join(root, 'scripts', 'build-descriptions.mjs'), []);
  linkBinaries();
  node(join(root, 'scripts', 'keep-compiled.mjs'), []);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, JSON.stringify(now));
}

function bundle() {
  const dist = join(root, 'dist');
  for (const folder of ['chunks', 'kubectl-lite/chunks', 'programs'])
    rmSync(join(dist, folder), { recursive: true, force: true });
  const inputs = [
    ...Object.keys(natives).flatMap(bundleNative),
    ...Object.entries(programs).flatMap(bundleProgram),
    ...bundleModules(),
  ];
  copyFileSync(join(root, 'scripts', 'program.cjs'), join(dist, 'programs', 'program.cjs'));
  for (const [path, text] of Object.entries(runners)) {
    mkdirSync(dirname(join(dist, path)), { recursive: true });
    rmSync(join(dist, `${path}.map`), { force: true });
    writeFileSync(join(dist, path), text);
  }
  writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), notices(inputs));
}

function bundleModules() {
  return esbuild({
    entryPoints: modules.map((path) => join(root, path)),
    outdir: join(root, 'dist'),
    outbase: root,
    chunkNames: 'chunks/[name]-[hash]',
    splitting: true,
    format: 'esm',
    // CommonJS packages ask for node's own modules by require.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
}

function bundleProgram([name, contents]) {
  const outfile = join(root, 'dist', 'programs', `${name}.cjs`);
  const inputs = esbuild({
    stdin: { contents, resolveDir: root },
    outfile,
    format: 'cjs',
    // The code is compiled as a script, which may not import: program.cjs does so for it.
    supported: { 'dynamic-import': false },
    define: {
      'import.meta.url': '__meta.url',
      'import.meta.importModule': '__meta.importModule',
    },
    banner: { js: `(function (${parameters}) {` },
    footer: { js: '\n})' },
    external: Object.keys(natives).map(nativeFile),
    alias: {
      ...replaced,
      ...Object.fromEntries(Object.keys(natives).map((name) => [name, nativeFile(name)])),
    },
  });
  // program.cjs takes each byte for a character. esbuild sees to that, but for regular expressions.
  const text = readFileSync(outfile, 'utf8');
  writeFileSync(outfile, text.replace(/[^\x00-\x7f]/g, escaped));
  return inputs;
}

const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

const nativeFile = (name) => `./${name}/index.cjs`;

/** Everything of the package that runs, with its binaries of all machines. */
function bundleNative(name) {
  const from = join(root, 'node_modules', name);
  const to = join(root, 'dist', 'programs', name);
  cpSync(join(from, 'prebuilds'), join(to, 'prebuilds'), {
    recursive: true,
    filter: (path) => !leftOut.test(basename(path)),
  });
  return esbuild({
    entryPoints: [from],
    outfile: join(to, 'index.cjs'),
    format: 'cjs',
    external: [],
  });
}

/** Identifiers are kept, so that stack traces and profiles stay readable. Returns the sources. */
function esbuild(options) {
  const { metafile } = buildSync({
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    external: Object.keys(natives),
    alias: replaced,
    minifySyntax: true,
    // A third less to read at each start.
    minifyWhitespace: true,
    // Node shows the line of an error that nobody caught.
    lineLimit: 160,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    absWorkingDir: root,
    ...options,
  });
  return Object.keys(metafile.inputs);
}

/** The licences of the packages whose code the bundle carries: theirs ask to be passed on. */
function notices(inputs) {
  const folders = new Set(
    inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, folder, 'package.json'), 'utf8'),
    );
    const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const files = [...(file === undefined ? [] : [file]), ...(natives[name] ?? [])];
    const text = files.map((path) => `\n\n${readFileSync(join(root, folder, path), 'utf8')}`);
    return `${name} ${version} (${license})${text.join('').trimEnd()}\n`;
  });
  return `The programs of this folder contain code of these packages.\n\n${texts.join('\n---\n\n')}`;
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
