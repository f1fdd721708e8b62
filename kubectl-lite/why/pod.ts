/** Why a pod is not running, or not ready. */
import type { ContainerStatus, Pod } from '../../api/types/core-v1.ts';
import { type Finding, titled } from './finding.ts';

export function podFindings(pod: Pod): Finding[] {
  const about = titled(pod);
  const { status = {} } = pod;
  const texts = [...scheduling(pod), ...ends(pod)];
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  for (const container of containers) texts.push(...containerFindings(about, container));
  return texts.map((finding) => ({ ...finding, about }));
}

type Told = Omit<Finding, 'about'>;

function scheduling(pod: Pod): Told[] {
  const { spec, status = {} } = pod;
  if (spec.nodeName) return [];
  const gates = (spec.schedulingGates ?? []).map(({ name }) => name);
  if (gates.length > 0) {
    return [
      {
        text: `it is held back by the scheduling gate ${gates.join(', ')}`,
        hint: 'whoever set the gate has to remove it',
      },
    ];
  }
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    return [{ text: `no node takes it: ${scheduled.message ?? scheduled.reason ?? ''}` }];
  }
  const scheduler = spec.schedulerName ?? 'default-scheduler';
  return [
    {
      text: `no scheduler has looked at it yet (its schedulerName is ${scheduler})`,
      hint: 'see that a scheduler of that name runs',
    },
  ];
}

function ends({ metadata, status = {} }: Pod): Told[] {
  const told: Told[] = [];
  if (status.phase === 'Failed') {
    const why = [status.reason, status.message].filter(Boolean).join(': ');
    told.push({ text: `it has failed${why === '' ? '' : `: ${why}`}` });
  }
  const { deletionTimestamp, finalizers = [] } = metadata;
  if (deletionTimestamp !== undefined) {
    const held = finalizers.length > 0 ? `, held by the finalizers ${finalizers.join(', ')}` : '';
    told.push({ text: `it is being deleted since ${deletionTimestamp}${held}` });
  }
  return told;
}

const hints: Readonly<Record<string, string>> = {
  ImagePullBackOff: 'check the name of the image, its tag and the pull secrets',
  ErrImagePull: 'check the name of the image, its tag and the pull secrets',
  InvalidImageName: 'check the name of the image',
  CreateContainerConfigError: 'see that the ConfigMaps and Secrets it names exist',
};

/** States on the way to running, that time alone may end. */
const underWay = ['PodInitializing', 'ContainerCreating'];

function containerFindings(pod: string, container: ContainerStatus): Told[] {
  const { name, state = {}, lastState = {}, ready, restartCount } = container;
  const { waiting, terminated, running } = state;
  const logs = `kubectl-lite logs ${pod.toLowerCase().replace('pod/', '')} -c ${name} --previous`;
  if (waiting?.reason === 'CrashLoopBackOff') {
    const last = lastState.terminated;
    const how = last === undefined ? '' : `, last with exit code ${last.exitCode}${because(last)}`;
    return [
      {
        text: `container ${name} ends again and again (${restartCount} restarts${how})`,
        hint: logs,
      },
    ];
  }
  if (waiting !== undefined && !underWay.includes(waiting.reason ?? '')) {
    const hint = hints[waiting.reason ?? ''];
    const text = `container ${name} waits: ${waiting.reason ?? ''}${colon(waiting.message)}`;
    return [{ text, ...(hint === undefined ? {} : { hint }) }];
  }
  if (terminated !== undefined && terminated.exitCode !== 0) {
    const how = `exit code ${terminated.exitCode}${because(terminated)}`;
    return [{ text: `container ${name} ended with ${how}`, hint: logs }];
  }
  if (running !== undefined && !ready) {
    const since = running.startedAt === undefined ? '' : ` since ${running.startedAt}`;
    return [
      {
        text: `container ${name} runs${since} and is not ready`,
        hint: 'its readiness probe decides',
      },
    ];
  }
  return [];
}

const colon = (message: string | undefined): string => (message ? `: ${message}` : '');

function because({
  reason,
  message,
}: {
  readonly reason?: string;
  readonly message?: string;
}): string {
  const why = [reason === 'Error' ? '' : reason, message].filter(Boolean).join(': ');
  return why === '' ? '' : ` (${why})`;
}
