/** Descriptions of kinds that a few lines tell all about. */
import type { Job, CronJob } from '../../api/types/batch-v1.ts';
import type { DaemonSet, StatefulSet } from '../../api/types/apps-v1.ts';
import type { Pod, ReplicationController, ServiceAccount } from '../../api/types/core-v1.ts';
import type { PodDisruptionBudget } from '../../api/types/policy-v1.ts';
import type { PriorityClass } from '../../api/types/scheduling-v1.ts';
import { humanDuration } from '../../api/duration.ts';
import { controllerOf, type KubernetesObject } from '../../api/meta.ts';
import { parseTime } from '../../api/time.ts';
import { goTime } from './go-time.ts';
import { describePodTemplate } from './pod-template.ts';
import { selectorText } from './selector-text.ts';
import { type DescriptionWriter, inlineMap } from './writer.ts';

function head(writer: DescriptionWriter, { metadata }: KubernetesObject): void {
  writer.field(0, 'Name', metadata.name);
  if (metadata.namespace !== undefined) writer.field(0, 'Namespace', metadata.namespace);
}

function labels(writer: DescriptionWriter, { metadata }: KubernetesObject): void {
  writer.map(0, 'Labels', metadata.labels).map(0, 'Annotations', metadata.annotations);
}

function owner(writer: DescriptionWriter, object: KubernetesObject): void {
  const controller = controllerOf(object);
  if (controller) writer.field(0, 'Controlled By', `${controller.kind}/${controller.name}`);
}

const UNSET = '<unset>';

export function describeJob(writer: DescriptionWriter, job: Job): void {
  const { spec = {} as NonNullable<Job['spec']>, status = {} } = job;
  head(writer, job);
  writer.field(0, 'Selector', selectorText(spec.selector));
  labels(writer, job);
  owner(writer, job);
  writer.field(0, 'Parallelism', spec.parallelism ?? UNSET);
  writer.field(0, 'Completions', spec.completions ?? UNSET);
  writer.field(0, 'Completion Mode', spec.completionMode);
  writer.field(0, 'Suspend', spec.suspend ?? false);
  writer.field(0, 'Backoff Limit', spec.backoffLimit ?? 6);
  if (spec.ttlSecondsAfterFinished !== undefined) {
    writer.field(0, 'TTL Seconds After Finished', spec.ttlSecondsAfterFinished);
  }
  if (status.startTime) writer.field(0, 'Start Time', goTime(status.startTime));
  if (status.completionTime) writer.field(0, 'Completed At', goTime(status.completionTime));
  const [began, ended] = [status.startTime, status.completionTime].map((at) => parseTime(at ?? ''));
  if (began !== undefined && ended !== undefined) {
    writer.field(0, 'Duration', humanDuration(ended - began));
  }
  if (spec.activeDeadlineSeconds !== undefined) {
    writer.field(0, 'Active Deadline Seconds', `${spec.activeDeadlineSeconds}s`);
  }
  const ready = status.ready === undefined ? '' : ` (${status.ready} Ready)`;
  writer.field(
    0,
    'Pods Statuses',
    `${status.active ?? 0} Active${ready} / ${status.succeeded ?? 0} Succeeded / ` +
      `${status.failed ?? 0} Failed`,
  );
  if (spec.completionMode === 'Indexed') {
    writer.field(0, 'Completed Indexes', firstIndexes(status.completedIndexes ?? ''));
  }
  describePodTemplate(writer, spec.template);
}

/** Indexes beyond this many letters are left out, at the next comma. */
const INDEXES_SHOWN = 50;

function firstIndexes(indexes: string): string {
  const comma = indexes.indexOf(',', INDEXES_SHOWN);
  return comma < 0 ? indexes : `${indexes.slice(0, comma + 1)}...`;
}

export function describeCronJob(writer: DescriptionWriter, cron: CronJob): void {
  const { spec, status = {} } = cron;
  head(writer, cron);
  labels(writer, cron);
  writer.field(0, 'Schedule', spec?.schedule);
  writer.field(0, 'Concurrency Policy', spec?.concurrencyPolicy);
  const suspended = spec?.suspend === undefined ? UNSET : spec.suspend ? 'True' : 'False';
  writer.field(0, 'Suspend', suspended);
  writer.field(0, 'Successful Job History Limit', spec?.successfulJobsHistoryLimit ?? UNSET);
  writer.field(0, 'Failed Job History Limit', spec?.failedJobsHistoryLimit ?? UNSET);
  const deadline = spec?.startingDeadlineSeconds;
  writer.field(0, 'Starting Deadline Seconds', deadline === undefined ? UNSET : `${deadline}s`);
  const job = spec?.jobTemplate.spec;
  writer.field(0, 'Selector', job?.selector === undefined ? UNSET : selectorText(job.selector));
  writer.field(0, 'Parallelism', job?.parallelism ?? UNSET);
  writer.field(0, 'Completions', job?.completions ?? UNSET);
  if (job?.activeDeadlineSeconds !== undefined) {
    writer.field(0, 'Active Deadline Seconds', `${job.activeDeadlineSeconds}s`);
  }
  if (job !== undefined) describePodTemplate(writer, job.template);
  const last = status.lastScheduleTime;
  writer.field(0, 'Last Schedule Time', last === undefined ? UNSET : goTime(last));
  writer.field(0, 'Active Jobs', (status.active ?? []).map(({ name }) => name ?? '').join(', '));
}

/** "1 Running / 0 Waiting / 0 Succeeded / 0 Failed" of the pods that `owner` controls. */
export function podsStatus(uid: string | undefined, pods: readonly Pod[]): string {
  const owned = pods.filter((pod) => controllerOf(pod)?.uid === uid);
  const count = (phase: string): number =>
    owned.filter(({ status }) => status?.phase === phase).length;
  return (
    `${count('Running')} Running / ${count('Pending')} Waiting / ` +
    `${count('Succeeded')} Succeeded / ${count('Failed')} Failed`
  );
}

export function describeStatefulSet(
  writer: DescriptionWriter,
  set: StatefulSet,
  pods: readonly Pod[],
): void {
  const { spec, status } = set;
  head(writer, set);
  writer.field(0, 'CreationTimestamp', goTime(set.metadata.creationTimestamp));
  writer.field(0, 'Selector', selectorText(spec?.selector));
  labels(writer, set);
  writer.field(0, 'Replicas', `${spec?.replicas ?? 1} desired | ${status?.replicas ?? 0} total`);
  writer.field(0, 'Update Strategy', spec?.updateStrategy?.type);
  const rolling = spec?.updateStrategy?.rollingUpdate;
  if (rolling !== undefined) writer.field(1, 'Partition', rolling.partition ?? 0);
  writer.field(0, 'Pods Status', podsStatus(set.metadata.uid, pods));
  if (spec !== undefined) describePodTemplate(writer, spec.template);
  const claims = spec?.volumeClaimTemplates ?? [];
  if (claims.length === 0) writer.field(0, 'Volume Claims', undefined);
  else writer.line(0, 'Volume Claims:');
  for (const claim of claims) {
    writer.field(1, 'Name', claim.metadata.name);
    writer.field(1, 'StorageClass', claim.spec?.storageClassName ?? ' ');
    writer
      .map(1, 'Labels', claim.metadata.labels)
      .map(1, 'Annotations', claim.metadata.annotations);
    writer.field(1, 'Capacity', claim.spec?.resources?.requests?.['storage'] ?? '<default>');
    writer.field(1, 'Access Modes', `[${(claim.spec?.accessModes ?? []).join(' ')}]`);
  }
}

export function describeDaemonSet(
  writer: DescriptionWriter,
  set: DaemonSet,
  pods: readonly Pod[],
): void {
  const { spec, status } = set;
  head(writer, set);
  writer.field(0, 'Selector', selectorText(spec?.selector));
  const selector = Object.entries(spec?.template.spec?.nodeSelector ?? {});
  writer.field(0, 'Node-Selector', selector.map(([key, value]) => `${key}=${value}`).join(','));
  labels(writer, set);
  // kubectl separates these by a blank, not by a tab: they are not aligned.
  for (const [name, count] of [
    ['Desired Number of Nodes Scheduled', status?.desiredNumberScheduled],
    ['Current Number of Nodes Scheduled', status?.currentNumberScheduled],
    ['Number of Nodes Scheduled with Up-to-date Pods', status?.updatedNumberScheduled],
    ['Number of Nodes Scheduled with Available Pods', status?.numberAvailable],
    ['Number of Nodes Misscheduled', status?.numberMisscheduled],
  ] as const) {
    writer.line(0, `${name}: ${count ?? 0}`);
  }
  writer.field(0, 'Pods Status', podsStatus(set.metadata.uid, pods));
  if (spec !== undefined) describePodTemplate(writer, spec.template);
}

export function describeServiceAccount(
  writer: DescriptionWriter,
  account: ServiceAccount,
  secrets: { readonly there: readonly string[]; readonly tokens: readonly string[] },
): void {
  head(writer, account);
  labels(writer, account);
  const names = (refs: readonly { readonly name?: string }[] | undefined): string[] =>
    (refs ?? []).map(
      ({ name = '' }) => name + (secrets.there.includes(name) ? '' : ' (not found)'),
    );
  writer.list(0, 'Image pull secrets', names(account.imagePullSecrets));
  writer.list(0, 'Mountable secrets', names(account.secrets));
  writer.list(0, 'Tokens', secrets.tokens);
}

export function describeBudget(writer: DescriptionWriter, budget: PodDisruptionBudget): void {
  const { spec, status } = budget;
  head(writer, budget);
  if (spec?.minAvailable !== undefined) writer.field(0, 'Min available', spec.minAvailable);
  else if (spec?.maxUnavailable !== undefined) {
    writer.field(0, 'Max unavailable', spec.maxUnavailable);
  }
  writer.field(0, 'Selector', spec?.selector ? selectorText(spec.selector) : UNSET);
  writer.line(0, 'Status:');
  writer.field(2, 'Allowed disruptions', status?.disruptionsAllowed ?? 0);
  writer.field(2, 'Current', status?.currentHealthy ?? 0);
  writer.field(2, 'Desired', status?.desiredHealthy ?? 0);
  writer.field(2, 'Total', status?.expectedPods ?? 0);
}

export function describeController(
  writer: DescriptionWriter,
  controller: ReplicationController,
  pods: readonly Pod[],
): void {
  const { spec = {}, status } = controller;
  head(writer, controller);
  writer.field(0, 'Selector', inlineMap(spec.selector));
  labels(writer, controller);
  writer.field(0, 'Replicas', `${status?.replicas ?? 0} current / ${spec.replicas ?? 1} desired`);
  writer.field(0, 'Pods Status', podsStatus(controller.metadata.uid, pods));
  if (spec.template) describePodTemplate(writer, spec.template);
  describeOutcome(writer, status?.conditions);
}

/** The conditions of what makes pods. */
export function describeOutcome(
  writer: DescriptionWriter,
  conditions:
    | readonly { readonly type: string; readonly status: string; readonly reason?: string }[]
    | undefined,
): void {
  if (conditions === undefined || conditions.length === 0) return;
  writer.table(0, 'Conditions', {
    headers: ['Type', 'Status', 'Reason'],
    rows: conditions.map((c) => [`${c.type} `, c.status, c.reason ?? '']),
  });
}

export function describePriorityClass(writer: DescriptionWriter, priority: PriorityClass): void {
  writer.field(0, 'Name', priority.metadata.name).field(0, 'Value', priority.value);
  writer.field(0, 'GlobalDefault', priority.globalDefault ?? false);
  writer.bare(0, 'PreemptionPolicy', priority.preemptionPolicy ?? 'PreemptLowerPriority');
  writer.bare(0, 'Description', priority.description);
  writer.field(0, 'Annotations', inlineMap(priority.metadata.annotations));
}
