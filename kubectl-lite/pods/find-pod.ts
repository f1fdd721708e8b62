/** From words to a pod: a name, or a workload whose pods are looked for. */
import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import { parseTime } from '../../api/time.ts';
import type { Container, Pod } from '../../api/types/core-v1.ts';
import { formatLabelSelector, labelRequirements } from '../../api/selector/label.ts';
import { sleep } from '../../platform/clock.ts';
import { listItems } from '../resource/list.ts';
import { readLive } from '../resource/located.ts';
import { targetsOf } from '../resource/words.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

const LOOK_EVERY_MS = 200;

export const podsPath = (session: Session): string =>
  `/api/v1/namespaces/${session.namespace}/pods`;

export const podPath = ({ metadata }: Pod, subresource: string): string =>
  `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/${subresource}`;

/** "web" and "pod/web", in contrast to "deploy/web". */
export const namesPod = (word: string): boolean =>
  !word.includes('/') || /^(pods?|po)\//.test(word);

/**
 * The pods that a word stands for: one by name, or those of "deploy/web". `cannot`: what comes to
 * nothing where there are none.
 */
export async function podsNamed(
  session: Session,
  word: string,
  cannot = 'cannot attach to',
): Promise<readonly Pod[]> {
  if (namesPod(word)) {
    const name = word.slice(word.indexOf('/') + 1);
    const path = `${podsPath(session)}/${name}`;
    return [(await session.api.send({ method: 'GET', path })) as Pod];
  }
  const [target] = targetsOf(await session.resources(), [word]);
  const { type, name = '' } = target!;
  const namespace = type.namespaced ? session.namespace : undefined;
  const owner = await readLive(session, { type, namespace, name });
  const labelSelector = selectorOf(owner);
  if (labelSelector === '') {
    const shown = `*${type.version}.${type.kind}`;
    throw new UsageError(`${cannot} ${shown}: selector for ${shown} not implemented`);
  }
  const found = await listItems<Pod>(session, { path: podsPath(session), labelSelector });
  return [...found].sort(bestFirst);
}

function selectorOf(owner: KubernetesObject): string {
  const { selector } = (owner as { spec?: { selector?: object } }).spec ?? {};
  if (selector === undefined) return '';
  const isPlain = owner.kind === 'Service' || owner.kind === 'ReplicationController';
  const labels = isPlain ? { matchLabels: selector } : selector;
  return formatLabelSelector(labelRequirements(labels));
}

/** kubectl takes the one that is most likely to answer: running, ready, oldest. */
function bestFirst(a: Pod, b: Pod): number {
  const worth = (pod: Pod): number => (isRunning(pod) ? 2 : 0) + (isReady(pod) ? 1 : 0);
  const created = ({ metadata }: Pod): number => parseTime(metadata.creationTimestamp ?? '') ?? 0;
  return worth(b) - worth(a) || created(a) - created(b);
}

const isRunning = ({ status }: Pod): boolean => status?.phase === 'Running';

const isReady = ({ status }: Pod): boolean =>
  (status?.conditions ?? []).some(
    ({ type, status: holds }) => type === 'Ready' && holds === 'True',
  );

/** One pod to talk to, "exec into" or "attach": waits until there is one that runs. */
export async function runningPod(
  session: Session,
  word: string,
  { limitMs, verb }: { readonly limitMs: number; readonly verb: string },
): Promise<Pod> {
  const endMs = session.clock.monotonic() + limitMs;
  for (;;) {
    const [pod] = await podsNamed(session, word);
    const phase = pod?.status?.phase;
    if (phase === 'Succeeded' || phase === 'Failed') {
      throw new UsageError(
        `cannot ${verb} a container in a completed pod; current phase is ${phase}`,
      );
    }
    if (pod !== undefined && phase === 'Running') return pod;
    if (session.clock.monotonic() >= endMs || session.signal.aborted) {
      throw new UsageError('timed out waiting for the condition');
    }
    await sleep(session.clock, LOOK_EVERY_MS, session.signal);
  }
}

export const isGone = (error: unknown): boolean => isStatus(error, 'NotFound');

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/** The container asked for, else the pod's default, else its first, which is then said. */
export function containerOf(
  session: Session,
  pod: Pod,
  {
    asked,
    quiet = false,
    missing = (name) => `container ${name} is not valid for pod ${pod.metadata.name}`,
  }: {
    readonly asked: string;
    readonly quiet?: boolean;
    /** What a name that no container has is refused with. */
    readonly missing?: (name: string) => string;
  },
): Container {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
  const all = [...containers, ...initContainers, ...(ephemeralContainers as Container[])];
  if (asked !== '') {
    const found = all.find((container) => container.name === asked);
    if (found !== undefined) return found;
    throw new UsageError(missing(asked));
  }
  const preferred = pod.metadata.annotations?.[DEFAULT_CONTAINER];
  const byAnnotation = all.find((container) => container.name === preferred);
  if (byAnnotation !== undefined) return byAnnotation;
  const [first] = containers;
  if (all.length > 1 && !quiet) {
    const names = [
      ...containers.map((container) => container.name),
      ...initContainers.map((container) => `${container.name} (init)`),
      ...ephemeralContainers.map((container) => `${container.name} (ephem)`),
    ];
    session.complain(`Defaulted container "${first!.name}" out of: ${names.join(', ')}`);
  }
  return first!;
}
