/** What the Job controller reads off its pods, and how it makes one. */
import { rounded } from '../../api/long-integer.ts';
import { type Draft, nameOf } from '../../api/meta.ts';
import type { Job } from '../../api/types/batch-v1.ts';
import type { EnvVar, Pod, PodSpec } from '../../api/types/core-v1.ts';
import { podOf } from '../runtime/pod-control.ts';
import { timeOf } from '../runtime/pods.ts';

/** Keeps a finished pod until it was counted. */
export const FINALIZER = 'batch.kubernetes.io/job-tracking';
const INDEX = 'batch.kubernetes.io/job-completion-index';
const FAILURE_COUNT = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED_COUNT = 'batch.kubernetes.io/job-index-ignored-failure-count';
const HOSTNAME_LIMIT = 63;

export const isTracked = ({ metadata }: Pod): boolean =>
  metadata.finalizers?.includes(FINALIZER) ?? false;
export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === 'Indexed';
export const isSucceeded = ({ status }: Pod): boolean => status?.phase === 'Succeeded';

/** A pod being deleted counts as failed, unless its end is to be awaited. */
export function isFailed(job: Job, { metadata, status }: Pod): boolean {
  if (status?.phase === 'Failed') return true;
  // Its kubelet let go of it: only the finalizer still holds it.
  const letGo = metadata.deletionTimestamp !== undefined && !metadata.deletionGracePeriodSeconds;
  if (letGo && status?.phase !== 'Succeeded') return true;
  if (job.spec.podReplacementPolicy === 'Failed') return false;
  return metadata.deletionTimestamp !== undefined && status?.phase !== 'Succeeded';
}

export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[INDEX];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

export interface IndexFailures {
  readonly counted: number;
  readonly ignored: number;
}

/** How often its index had failed before this pod. */
export function failuresBefore({ metadata }: Pod): IndexFailures {
  const read = (name: string): number => Number(metadata.annotations?.[name] ?? 0) || 0;
  return { counted: read(FAILURE_COUNT), ignored: read(IGNORED_COUNT) };
}

/** When its last container ended, sidecars included; else when it was seen unready, or deleted. */
export function finishedAt({ metadata, spec, status }: Pod): number | undefined {
  const { containerStatuses = [], initContainerStatuses = [], conditions = [] } = status ?? {};
  const sidecars = (spec.initContainers ?? [])
    .filter(({ restartPolicy }) => restartPolicy === 'Always')
    .map(({ name }) => name);
  const ends = [
    ...containerStatuses,
    ...initContainerStatuses.filter(({ name }) => sidecars.includes(name)),
  ].map(({ state }) => timeOf(state?.terminated?.finishedAt));
  const known = ends.filter((end) => end !== undefined);
  if (known.length > 0 && known.length === ends.length) return Math.max(...known);
  const unready = conditions.find((each) => each.type === 'Ready' && each.status === 'False');
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = metadata;
  const deleted = timeOf(deletionTimestamp);
  return (
    timeOf(unready?.lastTransitionTime) ??
    (deleted === undefined
      ? timeOf(creationTimestamp)
      : deleted - rounded(deletionGracePeriodSeconds) * 1000)
  );
}

export interface NewPod {
  readonly index?: number;
  /** Only where each index has a limit of its own. */
  readonly failures?: IndexFailures;
}

export function newPod(job: Job, { index, failures }: NewPod): Draft<Pod> {
  const draft = podOf(job, job.spec.template);
  const finalizers = [...(draft.metadata.finalizers ?? []), FINALIZER];
  if (index === undefined) return { ...draft, metadata: { ...draft.metadata, finalizers } };
  const annotations = {
    ...draft.metadata.annotations,
    [INDEX]: String(index),
    ...(failures === undefined ? {} : { [FAILURE_COUNT]: String(failures.counted) }),
    ...(failures?.ignored ? { [IGNORED_COUNT]: String(failures.ignored) } : {}),
  };
  const labels = { ...draft.metadata.labels, [INDEX]: String(index) };
  const name = `${nameOf(job)}-${index}`;
  return {
    metadata: { ...draft.metadata, finalizers, annotations, labels, generateName: `${name}-` },
    spec: { ...withIndexEnv(draft.spec), hostname: name.slice(0, HOSTNAME_LIMIT) },
  };
}

const ENV_NAME = 'JOB_COMPLETION_INDEX';

function withIndexEnv(spec: PodSpec): PodSpec {
  const fieldRef = { apiVersion: 'v1', fieldPath: `metadata.labels['${INDEX}']` };
  const own: EnvVar = { name: ENV_NAME, valueFrom: { fieldRef } };
  const add = <C extends { readonly env?: readonly EnvVar[] }>(container: C): C =>
    container.env?.some(({ name }) => name === ENV_NAME)
      ? container
      : { ...container, env: [...(container.env ?? []), own] };
  return {
    ...spec,
    containers: spec.containers.map(add),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(add) }),
  };
}
