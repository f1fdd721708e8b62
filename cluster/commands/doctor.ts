/** `wherry doctor`: looks a running cluster over and says what is wrong and what to do. */
import { isAlive, isStopped } from '../../platform/node/child-process.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { diskSpace } from '../../platform/node/files/disk-space.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import { adminConnections, type Connect } from '../admin-connection.ts';
import { apiServerFindings } from '../doctor/apiserver.ts';
import { certificateFindings } from '../doctor/certificates.ts';
import { failed, type Finding, ok, warning, within } from '../doctor/finding.ts';
import { nodeFindings } from '../doctor/nodes.ts';
import { printFindings } from '../doctor/print.ts';
import { spaceFinding } from '../doctor/space.ts';
import { storeFindings } from '../doctor/store.ts';
import { clusterPaths } from '../paths.ts';
import { firstFault, isApiServer, isStore } from '../blame.ts';
import { probeAll } from '../probe.ts';
import { type ComponentState, runningCluster } from '../run-state.ts';
import type { Verdict } from '../verdict.ts';

const NODES_MS = 5_000;

/** Exit code 0 if nothing failed; warnings do not count. */
export async function doctor(out: (text: string) => void, dataDir: string): Promise<number> {
  const paths = clusterPaths(dataDir);
  const state = await runningCluster({ disk: realDisk, isAlive }, dataDir);
  const connect = await adminConnections(paths, { trusting: false });
  const trusting = await adminConnections(paths, { trusting: true });
  const verdicts = await probeAll(state, {
    clock: realClock,
    disk: realDisk,
    dataDir,
    isAlive,
    isStopped,
    connect: trusting,
  });
  if (state.mode === 'embedded' && verdicts[0]?.condition === 'silent') {
    return printFindings(out, [failed('process', verdicts[0].says!), await space(dataDir)]);
  }
  const up = verdicts.filter(({ condition }) => condition !== 'dead' && condition !== 'starting');
  const asked = (is: (component: ComponentState) => boolean): ComponentState[] =>
    up.map(({ component }) => component).filter((c) => is(c) && c.address !== undefined);
  const stores = asked(isStore);
  const findings = [
    ...processes(verdicts),
    ...(stores.length === 0 ? [] : await storeFindings(realClock, stores, storeCount(verdicts))),
    ...suffering(verdicts, await apiServerFindings(realClock, asked(isApiServer), connect)),
    ...suffering(verdicts, await nodes(state.server, connect)),
    await space(dataDir),
    ...(await certificateFindings({
      disk: realDisk,
      clock: realClock,
      x509: realX509,
      folder: paths.pki,
    })),
  ];
  return printFindings(out, findings);
}

const space = async (dataDir: string): Promise<Finding> =>
  spaceFinding(await diskSpace(dataDir), dataDir);

/**
 * What fails while a process is at fault may only be a consequence, which is told of without
 * counting: a failure is a thing to be mended. The silent ones themselves stay failures.
 */
function suffering(verdicts: readonly Verdict[], findings: readonly Finding[]): Finding[] {
  const fault = firstFault(verdicts)?.component.name;
  const own = new Set(
    verdicts.filter(({ says }) => says !== undefined).map(({ component }) => component.name),
  );
  return findings.map((finding) => {
    const { verdict, what, says } = finding;
    if (fault === undefined || verdict !== 'failed' || own.has(what)) return finding;
    return warning(what, `${says} (while ${fault} is away)`);
  });
}

/** A process that is not there counts as a member that does not answer. */
const storeCount = (verdicts: readonly Verdict[]): number =>
  verdicts.filter(({ component }) => isStore(component) && component.address !== undefined).length;

/** Store and API servers are asked more closely, each by its own doctor. */
function processes(verdicts: readonly Verdict[]): Finding[] {
  const troubles = verdicts.flatMap(({ component, condition, says }) => {
    if (says === undefined) return [];
    const own = isStore(component) || isApiServer(component);
    if (own && (condition === 'silent' || condition === 'unready')) return [];
    return failed(`process ${component.name}`, says);
  });
  if (troubles.length > 0) return troubles;
  const count = new Set(verdicts.map(({ component }) => component.pid)).size;
  const restarts = verdicts.reduce((sum, { component }) => sum + component.restarts, 0);
  const times = restarts === 0 ? 'none was restarted' : `restarts: ${restarts}`;
  return [ok('processes', `${count} run, ${times}`)];
}

async function nodes(server: string, connect: Connect): Promise<Finding[]> {
  const connection = connect(server);
  try {
    return await within(realClock, NODES_MS, nodeFindings(connection.handler));
  } catch (error) {
    return [warning('nodes', `no API server tells of them: ${(error as Error).message}`)];
  } finally {
    await connection.close();
  }
}
