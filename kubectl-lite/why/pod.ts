/** Why a pod is not running, or not ready: its end, and each container's state. */
import type { Container, ContainerStatus, Pod } from '../../api/types/core-v1.ts';
import { actionText } from '../describe/probe.ts';
import type { Told } from './finding.ts';

type ContainerState = NonNullable<ContainerStatus['state']>;

export function podFindings(pod: Pod): Told[] {
  const { spec, status = {} } = pod;
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  return [
    ...end(pod),
    ...statuses.flatMap((of) => {
      const container = containers.find(({ name }) => name === of.name);
      return stateFindings({ pod, container, of });
    }),
  ];
}

const endHints: Readonly<Record<string, string>> = {
  Evicted: 'its node ran short of something: say what it needs in resources.requests',
  DeadlineExceeded: 'it ran longer than its activeDeadlineSeconds',
  Preempted: 'a pod of higher priority took its place',
  UnexpectedAdmissionError: 'its node could not give it what it asks for',
};

function end({ status = {} }: Pod): Told[] {
  if (status.phase !== 'Failed') return [];
  const why = [status.reason, status.message].filter(Boolean).join(': ');
  return [hinted(`it has failed${colon(why)}`, endHints[status.reason ?? ''])];
}

const IMAGE =
  'check the name of the image and its tag; for a private one, the pod needs imagePullSecrets';

const waitHints: Readonly<Record<string, string>> = {
  ImagePullBackOff: IMAGE,
  ErrImagePull: IMAGE,
  ErrImageNeverPull: 'imagePullPolicy is Never, and the node does not have the image',
  InvalidImageName: 'correct the name of the image: registry/name:tag, in lower case',
  CreateContainerConfigError: 'see that the ConfigMaps and Secrets it names exist, and their keys',
  CreateContainerError: 'see its command, its mounts and its securityContext',
  RunContainerError: 'see its command, its mounts and its securityContext',
};

/** States on the way to running, that time alone may end. */
const underWay = ['PodInitializing', 'ContainerCreating'];

interface Observed {
  readonly pod: Pod;
  readonly container: Container | undefined;
  readonly of: ContainerStatus;
}

function stateFindings(observed: Observed): Told[] {
  const { of } = observed;
  const { name, state = {}, lastState = {}, ready, restartCount } = of;
  const { waiting, terminated, running } = state;
  if (waiting?.reason === 'CrashLoopBackOff') {
    const last = lastState.terminated;
    const how = last === undefined ? '' : `, last with exit code ${last.exitCode}${because(last)}`;
    const text = `container ${name} ends again and again (${restartCount} restarts${how})`;
    return [{ text, hint: exitHint(observed, last) }];
  }
  if (waiting !== undefined && !underWay.includes(waiting.reason ?? '')) {
    const text = `container ${name} waits: ${waiting.reason ?? ''}${colon(waiting.message)}`;
    return [hinted(text, waitHints[waiting.reason ?? ''])];
  }
  if (terminated !== undefined && terminated.exitCode !== 0) {
    const how = `exit code ${terminated.exitCode}${because(terminated)}`;
    const text = `container ${name} ended with ${how}`;
    return [{ text, hint: exitHint(observed, terminated) }];
  }
  const isOpen = running !== undefined && !ready;
  return isOpen ? [unready(observed, running)] : [];
}

/** What an exit code says by convention; else the log has to. */
function exitHint({ pod, of }: Observed, exit: ContainerState['terminated']): string {
  const where = pod.metadata.namespace === 'default' ? '' : ` -n ${pod.metadata.namespace ?? ''}`;
  const name = pod.metadata.name ?? '';
  const logs = `kubectl-lite logs ${name} -c ${of.name} --previous${where}`;
  if (exit?.reason === 'OOMKilled') {
    return `it needs more memory than resources.limits.memory allows: raise that; ${logs}`;
  }
  if (exit?.exitCode === 127 || exit?.exitCode === 128) {
    return `its command is not in the image: check command and args; ${logs}`;
  }
  if (exit?.exitCode === 126) return `its command may not be executed; ${logs}`;
  return logs;
}

function unready(
  { container, of }: Observed,
  { startedAt }: NonNullable<ContainerState['running']>,
): Told {
  const since = startedAt === undefined ? '' : ` since ${startedAt}`;
  const isStarting = of.started === false && container?.startupProbe !== undefined;
  const probe = isStarting ? container.startupProbe : container?.readinessProbe;
  const kind = isStarting ? 'startup' : 'readiness';
  const text = `container ${of.name} runs${since} and is not ready`;
  if (probe === undefined) return { text };
  return {
    text: `${text}: its ${kind} probe (${actionText(probe)}) has not succeeded`,
    hint: 'see that it answers there, and when (logs, exec, port-forward), or correct the probe',
  };
}

const hinted = (text: string, hint: string | undefined): Told =>
  hint === undefined ? { text } : { text, hint };

const colon = (message: string | undefined): string => (message ? `: ${message}` : '');

function because({ reason, message }: NonNullable<ContainerState['terminated']>): string {
  const why = [reason === 'Error' ? '' : reason, message].filter(Boolean).join(': ');
  return why === '' ? '' : ` (${why})`;
}
