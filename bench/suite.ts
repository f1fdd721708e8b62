import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectionOf, loadKubeconfig } from '../client/kubeconfig-connection.ts';
import { createClient, type RestClient } from '../client/rest.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { connectHttp } from '../platform/node/net/http-client.ts';
import type { Row, VerdictRow } from './report.ts';
import type { BenchCluster } from './wherry.ts';

/** How often each figure is taken, and for how long: WHERRY_BENCH_RUNS and WHERRY_BENCH_MS. */
export const runs = Number(process.env['WHERRY_BENCH_RUNS'] ?? 3);
export const durationMs = Number(process.env['WHERRY_BENCH_MS'] ?? 2000);
/** For data directories; removed at the end. */
export const folder = mkdtempSync(join(tmpdir(), 'wherry-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
export const rows: (Row | VerdictRow)[] = [];
export const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** A client as controllers have it. */
export async function clientOf(
  cluster: Pick<BenchCluster, 'kubeconfig'>,
): Promise<{ client: RestClient; close: () => Promise<void> }> {
  const config = await loadKubeconfig(realDisk, [cluster.kubeconfig]);
  const connection = connectHttp(await connectionOf(realDisk, config));
  const client = createClient({
    handler: connection.handler,
    userAgent: 'wherry-bench',
    clock: realClock,
  });
  return { client, close: () => connection.close() };
}
