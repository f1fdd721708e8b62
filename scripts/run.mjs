// The one plain-JavaScript file that runs before anything is installed or built:
//
//   node scripts/run.mjs start|test|test:long|check|bench [arguments …]
//
// Installs when package-lock.json changed, builds when a source changed, then runs the task.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

function fail(message) {
  console.error(`wherry: ${message}`);
  process.exit(1);
}

function checkNode() {
  const wanted = /(\d+)\.(\d+)/.exec(JSON.parse(readFileSync('package.json', 'utf8')).engines.node);
  const [major, minor] = process.versions.node.split('.').map(Number);
  const enough = major > +wanted[1] || (major === +wanted[1] && minor >= +wanted[2]);
  if (enough) return;
  fail(
    `Node ${wanted[1]}.${wanted[2]} or newer is needed, this is ${process.versions.node}. Install a newer Node.js and try again.`,
  );
}

/** Runs a command with this terminal; ends this process with the command's failure. */
function run(command, args, env = {}) {
  const done = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  if (done.error) fail(`cannot run ${command}: ${done.error.message}`);
  if (done.status !== 0) process.exit(done.status ?? 1);
}

const local = (name) => join('node_modules', '.bin', name);

function install() {
  const stamp = join('node_modules', '.wherry-lock');
  const wanted = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('wherry: installing packages (npm ci)');
  run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error']);
  mkdirSync('node_modules', { recursive: true });
  writeFileSync(stamp, wanted);
}

async function build() {
  const { buildIfStale } = await import(pathToFileURL(join(root, 'scripts', 'build.mjs')).href);
  buildIfStale();
}

const tasks = {
  async start(args) {
    const main = join(root, 'dist', 'cluster', 'main.cjs');
    process.argv = [process.argv[0], main, 'up', ...args];
    await import(pathToFileURL(main).href);
  },
  test: (args) => run(local('vitest'), ['run', ...args]),
  'test:long': (args) => run(local('vitest'), ['run', ...args], { WHERRY_TESTS: 'long' }),
  check() {
    run(local('prettier'), ['--check', '--log-level', 'warn', '.']);
    run(local('eslint'), ['.']);
    run(local('tsc'), ['-p', 'tsconfig.json']);
    run(local('vitest'), ['run', 'test/tidy']);
  },
  bench: (args) => run(process.execPath, [join('dist', 'bench', 'main.js'), ...args]),
};

checkNode();
const [name, ...args] = process.argv.slice(2);
const task = tasks[name];
if (task === undefined)
  fail(`unknown task ${JSON.stringify(name)}; there are ${Object.keys(tasks).join(', ')}`);
install();
await build();
await task(args);
