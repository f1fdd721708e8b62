/**
 * `wherry upgrade`: may this program go on with the data of another version, and what would it
 * change? It only looks. Starting the cluster with `wherry up` is the upgrade itself.
 */
import { formatTime } from '../../api/time.ts';
import { isAlive } from '../../platform/node/child-process.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import { certificateFindings } from '../doctor/certificates.ts';
import { failed, type Finding, ok, warning } from '../doctor/finding.ts';
import { printFindings } from '../doctor/print.ts';
import { ClusterError } from '../failure.ts';
import { clusterPaths, type ClusterPaths } from '../paths.ts';
import { readRunState } from '../run-state.ts';
import { type ClusterRecord, DATA_VERSION, readRecord } from '../topology.ts';
import { VERSION } from '../version.ts';

/** Exit code 1 if this program cannot go on with the data. */
export async function upgrade(out: (text: string) => void, dataDir: string): Promise<number> {
  const paths = clusterPaths(dataDir);
  // Newer data, data too old, somebody else's folder: refused as `wherry up` refuses them.
  const record = await readRecord(realDisk, paths);
  if (record === undefined) {
    throw new ClusterError(
      `there is no cluster in ${dataDir}; name its data directory with --data-dir`,
    );
  }
  const code = printFindings(out, [
    ok('program', `wherry ${VERSION}, which writes data of layout ${DATA_VERSION}`),
    data(record),
    await store(record, paths),
    await runs(paths),
    await snapshots(paths),
    ...(await certificateFindings({
      disk: realDisk,
      clock: realClock,
      x509: realX509,
      folder: paths.pki,
    })),
  ]);
  out(code === 0 ? `\n${changes(record)}\n` : '\nNothing was changed.\n');
  return code;
}

function data({ version, lastRunBy }: ClusterRecord): Finding {
  const by = lastRunBy === undefined ? 'an early wherry' : `wherry ${lastRunBy}`;
  const step = version === DATA_VERSION ? 'it is read as it is' : `it becomes ${DATA_VERSION}`;
  return ok('data', `layout ${version}, last run by ${by}: ${step}`);
}

/** The members' folders have to be there: without them a start would begin an empty cluster. */
async function store({ storeMembers }: ClusterRecord, paths: ClusterPaths): Promise<Finding> {
  if (storeMembers.length === 0) return ok('store', 'an etcd of its own, which is not touched');
  const folders = await Promise.all(
    storeMembers.map(async ({ name }) => {
      const there = await realDisk.list(`${paths.storeMember(name)}/member`);
      return { name, there: there.length > 0 };
    }),
  );
  const missing = folders.filter(({ there }) => !there).map(({ name }) => name);
  if (missing.length === 0) return ok('store', `members ${folders.map((f) => f.name).join(', ')}`);
  const says = `no data of ${missing.join(', ')} in ${paths.dataDir}`;
  return missing.length === folders.length
    ? warning('store', `${says}: the cluster never started, or its data was moved`)
    : failed('store', `${says}: put it back, or restore a snapshot`);
}

async function runs(paths: ClusterPaths): Promise<Finding> {
  const state = await readRunState(realDisk, paths);
  return state !== undefined && isAlive(state)
    ? warning('process', `it is running (pid ${state.pid}): \`wherry down\` before the upgrade`)
    : ok('process', 'stopped');
}

async function snapshots({ snapshots: folder }: ClusterPaths): Promise<Finding> {
  const { lastChange } = await import('../../platform/node/files/file-times.ts');
  const files = (await realDisk.list(folder)).filter((name) => name.endsWith('.db'));
  const times = await Promise.all(files.map((name) => lastChange(`${folder}/${name}`)));
  if (times.length === 0) {
    return warning('snapshot', 'none: `wherry snapshot save` first, for a way back');
  }
  return ok('snapshot', `the newest is of ${formatTime(Math.max(...times))}`);
}

function changes({ version, lastRunBy }: ClusterRecord): string {
  if (version === DATA_VERSION && lastRunBy === VERSION) return 'Nothing has to change.';
  const layout = version === DATA_VERSION ? '' : `, turns the data into layout ${DATA_VERSION}`;
  return (
    `\`wherry up\` upgrades: it notes ${VERSION} in cluster.json${layout}, adds what is new of ` +
    'the default roles,\npriority classes and flow schemas, and leaves all other objects as they are.'
  );
}
