// Starts ten clusters in this process and stops them, again and again; prints what is left after each
// round as a line of JSON. `node --expose-gc test/e2e/many-clusters.mjs <rounds>`, on the built package.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const { startCluster } = await import(join(process.cwd(), 'dist', 'index.js'));
const CLUSTERS = 10;
/** Requests to the file system and immediates are how this script itself goes on. */
const ours = new Set(['FSReqCallback', 'FSReqPromise', 'Immediate', 'PipeWrap', 'TTYWrap']);

for (let round = 1; round <= Number(process.argv[2]); round++) {
  const starts = Array.from({ length: CLUSTERS }, () => startCluster({ nodes: 1 }));
  const clusters = await Promise.all(starts);
  await Promise.all(clusters.map((cluster) => cluster.stop()));
  globalThis.gc();
  const { heapUsed, rss } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo().filter((name) => !ours.has(name));
  const files = readdirSync('/proc/self/fd').length;
  const folders = readdirSync(process.env.TMPDIR).length;
  console.log(JSON.stringify({ round, heapUsed, rss, handles, files, folders }));
}
