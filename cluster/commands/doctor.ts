/** `wherry doctor`: looks a running cluster over and says what is wrong and what to do. */
import { connectionOf, loadKubeconfig } from '../../client/kubeconfig-connection.ts';
import { isAlive } from '../../platform/node/child-process.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/disk.ts';
import { connectHttp } from '../../platform/node/http-client.ts';
import { realX509 } from '../../platform/node/x509.ts';
import { apiServerFindings } from '../doctor/apiserver.ts';
import { certificateFindings } from '../doctor/certificates.ts';
import { failed, type Finding, ok } from '../doctor/finding.ts';
import { storeFindings } from '../doctor/store.ts';
import { clusterPaths } from '../paths.ts';
import { type ComponentState, runningCluster, type RunState } from '../run-state.ts';

const marks = { ok: 'ok', warning: 'WARN', failed: 'FAIL' } as const;

/** Exit code 0 if nothing failed; warnings do not count. */
export async function doctor(out: (text: string) => void, dataDir: string): Promise<number> {
  const paths = clusterPaths(dataDir);
  const state = await runningCluster({ disk: realDisk, isAlive }, dataDir);
  const config = await loadKubeconfig(realDisk, [paths.kubeconfig]);
  const admin = await connectionOf(realDisk, config);
  const connect = (baseUrl: string) => connectHttp({ ...admin, baseUrl });
  const of = (pattern: RegExp): ComponentState[] =>
    state.components.filter(({ name, address }) => pattern.test(name) && address !== undefined);
  const stores = of(/^store\d*$/);
  const findings = [
    ...processes(state),
    ...(stores.length === 0 ? [] : await storeFindings(realClock, stores)),
    ...(await apiServerFindings(realClock, of(/^apiserver\d*$/), connect)),
    ...(await certificateFindings({
      ...{ disk: realDisk, clock: realClock, x509: realX509, folder: paths.pki },
    })),
  ];
  const width = Math.max(...findings.map(({ what }) => what.length));
  for (const { verdict, what, says } of findings) {
    out(`${marks[verdict].padEnd(4)}  ${what.padEnd(width)}  ${says}\n`);
  }
  return findings.some(({ verdict }) => verdict === 'failed') ? 1 : 0;
}

function processes({ components }: RunState): Finding[] {
  const down = components.filter(({ pid, ready }) => !ready || !isAlive(pid));
  if (down.length > 0) {
    return down.map(({ name }) => {
      return failed(`process ${name}`, `not ready; see \`wherry logs ${name}\``);
    });
  }
  const restarts = components.reduce((sum, { restarts: count }) => sum + count, 0);
  const times = restarts === 0 ? 'none was started again' : `${restarts} starts after a death`;
  return [ok('processes', `${new Set(components.map(({ pid }) => pid)).size} run, ${times}`)];
}
