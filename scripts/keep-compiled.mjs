// Runs the built programs once, so that what V8 compiled for a start is kept beside them (see program.cjs).
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const READY_MS = 60_000;
/** Few enough that nothing is optimized: only what was compiled first is kept. */
const PODS = '20';
const dist = join(import.meta.dirname, '..', 'dist');
const folder = mkdtempSync(join(tmpdir(), 'wherry-build-'));
const env = { ...process.env, WHERRY_KEEP_COMPILED: 'always' };

/** Starts, and stops again as soon as it says that it is ready. */
async function startOnce(args, { ready, whenReady }) {
  const program = spawn(process.execPath, [join(dist, 'cluster', 'main.cjs'), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => program.once('exit', resolve));
  const late = setTimeout(() => program.kill('SIGKILL'), READY_MS);
  let said = '';
  let isReady = false;
  for (const stream of [program.stdout, program.stderr])
    stream.setEncoding('utf8').on('data', (piece) => {
      if (isReady) return;
      said += piece;
      isReady = ready.test(said);
      if (!isReady) return;
      whenReady();
      program.kill('SIGTERM');
    });
  const code = await ended;
  clearTimeout(late);
  if (code !== 0)
    console.warn(`wherry: ${args[0]} could not run here; its first start will be slower\n${said}`);
}

function kubectlLite(args, environment) {
  const kubeconfig = ['--kubeconfig', join(folder, 'cluster', 'kubeconfig')];
  spawnSync(process.execPath, [join(dist, 'kubectl-lite', 'main.js'), ...kubeconfig, ...args], {
    env: environment,
    stdio: 'ignore',
    timeout: READY_MS,
  });
}

/** What a first Deployment needs is kept, too: it would be compiled function by function. */
function work() {
  kubectlLite(['get', 'pods', '-A'], env);
  const create = ['create', 'deployment', 'warm', '--image', 'nginx', '--replicas', PODS];
  // What kubectl-lite compiles for these would only make its other commands read more.
  kubectlLite(create, process.env);
  kubectlLite(['rollout', 'status', 'deployment/warm'], process.env);
}

await startOnce(['up', '--data-dir', join(folder, 'cluster'), '--port', '0', '--store-port', '0'], {
  ready: /^Ready in/m,
  whenReady: work,
});
const anyUrl = 'http://127.0.0.1:0';
const store = ['store', '--data-dir', join(folder, 'store')];
await startOnce([...store, '--listen-client-urls', anyUrl, '--advertise-client-urls', anyUrl], {
  ready: /ready to serve client requests/,
  whenReady() {},
});
rmSync(folder, { recursive: true, force: true });
