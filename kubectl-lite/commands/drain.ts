import { controllerOf, type KubernetesObject } from '../../api/meta.ts';
import { pods } from '../../api/resources.ts';
import { parseLabelSelector } from '../../api/selector/label-parser.ts';
import { resourcePath } from '../../api/resource.ts';
import { isStatus } from '../../api/status.ts';
import { parseTime } from '../../api/time.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { sleep, type Timer } from '../../platform/clock.ts';
import { command, type Line } from '../command.ts';
import { failuresText } from '../failure.ts';
import { boolean, duration, integer, text } from '../flags/flag.ts';
import { goDurationText } from '../../platform/go-duration.ts';
import { dryRunOf, dryRunSuffix } from '../printers/change-printer.ts';
import { visitLive } from '../resource/builder.ts';
import { dryRunFlag, selectorFlag } from '../resource/flags.ts';
import { listItems } from '../resource/list.ts';
import { type Located, titleOf } from '../resource/located.ts';
import { limited, states } from '../resource/watch-one.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { locateNodes, setUnschedulable } from './cordon.ts';

const drainFlags = {
  ...selectorFlag,
  ...dryRunFlag,
  'chunk-size': integer('Accepted for compatibility', { value: 500 }),
  'delete-emptydir-data': boolean('Also remove pods whose emptyDir volumes are lost with them'),
  'disable-eviction': boolean('Delete pods instead of evicting them'),
  force: boolean('Also remove pods that no controller makes anew'),
  'grace-period': integer("Seconds for pods to end; negative: the pods' own", { value: -1 }),
  'ignore-daemonsets': boolean('Leave pods of DaemonSets where they are'),
  'pod-selector': text('Only pods that match this label query'),
  'skip-wait-for-delete-timeout': integer('Do not wait for pods that terminate longer than this'),
  timeout: duration('How long to wait; 0: as long as it takes'),
} as const;

type DrainFlags = Line<typeof drainFlags>['flags'];

export const drain = command({
  usage: 'NODE [options]',
  flags: drainFlags,
  async run(session, { words, flags }) {
    const dryRun = dryRunOf(flags);
    checkSelector(flags['pod-selector']);
    const found = await locateNodes(session, { words, selector: flags.selector, name: 'drain' });
    const cordoned: Located[] = [];
    const code = await visitLive(session, found, async (located, live) => {
      await setUnschedulable(session, { located, live }, { unschedulable: true, dryRun });
      cordoned.push(located);
    });
    const failures: unknown[] = [];
    const pending = new Set(cordoned.map(({ name }) => name));
    for (const node of cordoned) {
      try {
        await drainNode(session, node, flags);
        pending.delete(node.name);
        session.print(`${titleOf(node)} drained${dryRunSuffix(dryRun)}`);
      } catch (error) {
        failures.push(error);
        const why = failuresText([error]).replace(/^error: /, '');
        session.complain(
          `error: unable to drain node "${node.name}" due to error: ${why}, continuing command...`,
        );
        session.complain('There are pending nodes to be drained:');
        for (const name of pending) session.complain(` ${name}`);
      }
    }
    if (failures.length === 0) return code;
    session.complain(failuresText(failures));
    return 1;
  },
});

/** Before anything is cordoned. */
function checkSelector(selector: string): void {
  try {
    parseLabelSelector(selector);
  } catch {
    throw new UsageError('--pod-selector=<pod_selector> must be a valid label selector');
  }
}

async function drainNode(session: Session, node: Located, flags: DrainFlags): Promise<void> {
  const items = await listItems<Pod>(session, {
    path: resourcePath(pods),
    fieldSelector: `spec.nodeName=${node.name}`,
    labelSelector: flags['pod-selector'],
  });
  const { leaving, warnings, refusals } = sortPods(
    items,
    flags,
    (pod) => untilOverdueMs(session, pod, flags) <= 0,
  );
  if (refusals.length > 0) {
    throw new UsageError(refusals.length === 1 ? refusals[0]! : `[${refusals.join(', ')}]`);
  }
  if (warnings.length > 0) session.complain(`Warning: ${warnings.join('; ')}`);
  const limit = limited(session.clock, session.signal, flags.timeout);
  try {
    await Promise.all(leaving.map((pod) => removePod(session, pod, { flags, limit })));
  } finally {
    limit.done();
  }
}

/** From when on a pod that should be gone is waited for no longer. */
function untilOverdueMs(
  session: Session,
  { metadata }: KubernetesObject,
  flags: DrainFlags,
): number {
  const seconds = flags['skip-wait-for-delete-timeout'];
  const dueMs = parseTime(metadata.deletionTimestamp ?? '');
  if (seconds <= 0 || dueMs === undefined) return Infinity;
  // Whole seconds, and more of them than were given.
  return dueMs + (seconds + 1) * 1000 - session.clock.now();
}

const nameOf = ({ metadata }: KubernetesObject): string => `${metadata.namespace}/${metadata.name}`;

/** Which pods go, which stay with a warning, and what forbids to go on. */
function sortPods(
  items: readonly Pod[],
  flags: DrainFlags,
  overdue: (pod: Pod) => boolean,
): { leaving: Pod[]; warnings: string[]; refusals: string[] } {
  const groups = { daemons: [] as Pod[], unmanaged: [] as Pod[], local: [] as Pod[] };
  const leaving = items.filter((pod) => {
    // The mirror of a static pod cannot be removed through the API.
    if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return false;
    const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    const owner = controllerOf(pod);
    if (owner?.kind === 'DaemonSet' && !finished) {
      groups.daemons.push(pod);
      return false;
    }
    if (finished) return !overdue(pod);
    if (owner === undefined) groups.unmanaged.push(pod);
    const local = pod.spec.volumes?.some((volume) => volume.emptyDir !== undefined);
    if (local) groups.local.push(pod);
    return !overdue(pod);
  });
  const warnings: string[] = [];
  const refusals: string[] = [];
  const judge = (found: readonly Pod[], allowed: boolean, texts: [string, string]): void => {
    if (found.length === 0) return;
    const names = found.map(nameOf).join(', ');
    if (allowed) warnings.push(`${texts[0]}: ${names}`);
    else refusals.push(`${texts[1]}: ${names}`);
  };
  judge(groups.daemons, flags['ignore-daemonsets'], [
    'ignoring DaemonSet-managed Pods',
    'cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)',
  ]);
  if (!flags['delete-emptydir-data']) {
    judge(groups.local, false, [
      '',
      'cannot delete Pods with local storage (use --delete-emptydir-data to override)',
    ]);
  }
  judge(groups.unmanaged, flags.force, [
    'deleting Pods that declare no controller',
    'cannot delete Pods that declare no controller (use --force to override)',
  ]);
  return { leaving, warnings, refusals };
}

/** How long to wait after an eviction that a disruption budget forbade (429). */
const RETRY_MS = 5000;

async function removePod(
  session: Session,
  pod: Pod,
  { flags, limit }: { flags: DrainFlags; limit: ReturnType<typeof limited> },
): Promise<void> {
  const { name = '', namespace = '', uid } = pod.metadata;
  const dryRun = dryRunOf(flags);
  const evicts = !flags['disable-eviction'];
  const line = `${evicts ? 'evicting' : 'deleting'} pod ${namespace}/${name}`;
  if (dryRun === 'none') session.complain(line);
  else session.print(line + dryRunSuffix(dryRun));
  if (dryRun === 'client') return;
  const grace = flags['grace-period'];
  const deleteOptions = {
    ...(grace < 0 ? {} : { gracePeriodSeconds: grace }),
    ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
  };
  const path = resourcePath(pods, { namespace, name });
  for (;;) {
    try {
      if (evicts) {
        const body = {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name, namespace },
          deleteOptions,
        };
        await session.api.send({ method: 'POST', path: `${path}/eviction`, body });
      } else await session.api.send({ method: 'DELETE', path, body: deleteOptions });
      break;
    } catch (error) {
      if (isStatus(error, 'NotFound')) break;
      if (!isStatus(error, 'TooManyRequests') || limit.signal.aborted) throw error;
      session.complain(
        `error when evicting pods/${JSON.stringify(name)} -n ${JSON.stringify(namespace)} ` +
          `(will retry after ${RETRY_MS / 1000}s): ${error.message}`,
      );
      await sleep(session.clock, RETRY_MS, limit.signal);
    }
  }
  if (dryRun !== 'none') return;
  const type = (await session.resources()).find('pods');
  const end = await ended(session, { located: { type, namespace, name }, uid, flags, limit });
  if (end === 'gone') session.print(`pod/${name} ${evicts ? 'evicted' : 'deleted'}`);
  if (end === 'overdue') {
    const seconds = flags['skip-wait-for-delete-timeout'];
    session.print(`pod "${name}" has DeletionTimestamp older than ${seconds} seconds, skipping`);
  }
  if (limit.timedOut())
    throw new UsageError(`global timeout reached: ${goDurationText(flags.timeout)}`);
}

interface Leaving {
  readonly located: Located;
  readonly uid: string | undefined;
  readonly flags: DrainFlags;
  readonly limit: ReturnType<typeof limited>;
}

/** Undefined if the limit came first. */
async function ended(
  session: Session,
  { located, uid, flags, limit }: Leaving,
): Promise<'gone' | 'overdue' | undefined> {
  const waiting = new AbortController();
  const stop = (): void => waiting.abort();
  limit.signal.addEventListener('abort', stop, { once: true });
  let timer: Timer | undefined;
  try {
    for await (const state of states(session, located, waiting.signal)) {
      if (state === undefined || state.metadata.uid !== uid) return 'gone';
      timer?.cancel();
      const leftMs = untilOverdueMs(session, state, flags);
      timer = leftMs === Infinity ? undefined : session.clock.after(Math.max(leftMs, 0), stop);
    }
    return limit.signal.aborted ? undefined : 'overdue';
  } finally {
    timer?.cancel();
    limit.signal.removeEventListener('abort', stop);
  }
}
