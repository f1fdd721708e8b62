// Runs the built programs once, so that what V8 compiled for a start is kept beside them (see program.cjs).
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const READY_MS = 60_000;
const dist = join(import.meta.dirname, '..', 'dist');
const folder = mkdtempSync(join(tmpdir(), 'wherry-build-'));
const env = { ...process.env, WHERRY_KEEP_COMPILED: 'always' };
const args = ['up', '--data-dir', join(folder, 'data'), '--port', '0', '--store-port', '0'];
const cluster = spawn(process.execPath, [join(dist, 'cluster', 'main.js'), ...args], {
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = new Promise((resolve) => cluster.once('exit', resolve));
const late = setTimeout(() => cluster.kill('SIGKILL'), READY_MS);
let text = '';
cluster.stdout.setEncoding('utf8').on('data', (piece) => {
  text += piece;
  if (!/^Ready in/m.test(text)) return;
  cluster.stdout.removeAllListeners('data').resume();
  const kubeconfig = join(folder, 'data', 'kubeconfig');
  const get = [
    join(dist, 'kubectl-lite', 'main.js'),
    '--kubeconfig',
    kubeconfig,
    'get',
    'pods',
    '-A',
  ];
  spawnSync(process.execPath, get, { env, stdio: 'ignore' });
  cluster.kill('SIGTERM');
});
const code = await ended;
clearTimeout(late);
rmSync(folder, { recursive: true, force: true });
if (code !== 0)
  console.warn('wherry: no cluster could be started here; the first start will be slower');
