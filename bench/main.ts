/**
 * `npm run bench`: today's figures beside the peer's, from one run on one machine, as a Markdown
 * table. Each figure is the median of several runs; ours and the peer's take turns. The load
 * generator shares the machine with what it measures, so it sends prepared bytes and skips over
 * answers where rates are measured.
 */
import { cpus, loadavg } from 'node:os';
import { benchApi } from './apiserver/suite.ts';
import { benchFleet } from './controllers/fleet.ts';
import { benchControllers } from './controllers/suite.ts';
import { benchExtensions } from './extensions/suite.ts';
import { benchFairness, flood } from './fairness.ts';
import { benchKubectlLite } from './kubectl-lite.ts';
import { benchPackage } from './package.ts';
import { report } from './report.ts';
import { benchScheduler } from './scheduler/suite.ts';
import { benchStart } from './start.ts';
import { benchCheckPerf } from './store/check-perf.ts';
import { benchStore } from './store/suite.ts';
import { durationMs, rows, runs } from './suite.ts';
import { serveTrivially } from './trivial-server.ts';

const suites = {
  start: benchStart,
  api: benchApi,
  controllers: benchControllers,
  fleet: benchFleet,
  extensions: benchExtensions,
  fairness: benchFairness,
  'kubectl-lite': benchKubectlLite,
  store: benchStore,
  scheduler: benchScheduler,
  package: benchPackage,
  check: benchCheckPerf,
};
/** A quarter of an hour of `check perf`: only when asked for. */
const onRequest = 'check';
const asked = process.argv.slice(2);
// Processes of the suite `fairness`.
if (asked[0] === 'flood') await flood(asked[1]!);
if (asked[0] === 'trivial') await serveTrivially(asked[1]!);
const unknown = asked.filter((name) => !(name in suites));
if (unknown.length > 0) {
  process.stderr.write(`no suite ${unknown.join(', ')}: ${Object.keys(suites).join(', ')}\n`);
  process.exit(2);
}
const before = loadavg()[0]!.toFixed(1);
for (const [name, suite] of Object.entries(suites))
  if (asked.length === 0 ? name !== onRequest : asked.includes(name)) await suite();
const machine = `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`;
const load = `load average ${before} at the start`;
process.stdout.write(`${machine}; ${runs} runs of ${durationMs} ms each; ${load}\n\n`);
process.stdout.write(report(rows));
