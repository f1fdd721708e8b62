/** Descriptions of kinds that a few lines tell all about. */
import type { Job, CronJob } from '../../api/types/batch-v1.ts';
import type { DaemonSet, StatefulSet } from '../../api/types/apps-v1.ts';
import type {
  LimitRange,
  LimitRangeItem,
  PersistentVolumeClaim,
  Pod,
  ResourceQuota,
  ServiceAccount,
} from '../../api/types/core-v1.ts';
import type { PodDisruptionBudget } from '../../api/types/policy-v1.ts';
import type { Role, RoleBinding } from '../../api/types/rbac-v1.ts';
import { controllerOf, type KubernetesObject } from '../../api/meta.ts';
import { goTime } from './go-time.ts';
import { describePodTemplate } from './pod-template.ts';
import { selectorText } from './selector-text.ts';
import type { DescriptionWriter } from './writer.ts';

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function describeQuota(writer: DescriptionWriter, quota: ResourceQuota): void {
  writer.field(0, 'Name', quota.metadata.name);
  writer.field(0, 'Namespace', quota.metadata.namespace);
  if (quota.spec?.scopes) writer.field(0, 'Scopes', quota.spec.scopes.join(', '));
  writer.line(0, 'Resource\tUsed\tHard').line(0, '--------\t----\t----');
  const { hard = {}, used = {} } = quota.status ?? {};
  for (const name of Object.keys(hard).sort(byText)) {
    writer.line(0, `${name}\t${used[name] ?? '0'}\t${hard[name]}`);
  }
}

export function describeLimitRange(
  writer: DescriptionWriter,
  { metadata, spec }: LimitRange,
): void {
  writer.field(0, 'Name', metadata.name).field(0, 'Namespace', metadata.namespace);
  describeLimits(writer, spec?.limits ?? [], '');
}

/** `indent` stands before each line of a namespace's limits. */
export function describeLimits(
  writer: DescriptionWriter,
  limits: readonly LimitRangeItem[],
  indent: string,
): void {
  const header =
    'Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio';
  writer.line(0, indent + header).line(0, indent + header.replaceAll(/[^\t]/g, '-'));
  for (const limit of limits) {
    const columns = [limit.min, limit.max, limit.defaultRequest, limit.default];
    const all = [...columns, limit.maxLimitRequestRatio];
    const names = new Set(all.flatMap((amounts) => Object.keys(amounts ?? {})));
    for (const name of names) {
      const cells = all.map((amounts) => amounts?.[name] ?? '-');
      writer.line(0, indent + [limit.type, name, ...cells].join('\t'));
    }
  }
}

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

const unset = '<unset>';

export function describeJob(writer: DescriptionWriter, job: Job): void {
  const { spec = {} as NonNullable<Job['spec']>, status = {} } = job;
  head(writer, job);
  writer.field(0, 'Selector', selectorText(spec.selector));
  labels(writer, job);
  owner(writer, job);
  writer.field(0, 'Parallelism', spec.parallelism ?? unset);
  writer.field(0, 'Completions', spec.completions ?? unset);
  writer.field(0, 'Completion Mode', spec.completionMode);
  writer.field(0, 'Suspend', spec.suspend ?? false);
  writer.field(0, 'Backoff Limit', spec.backoffLimit ?? 6);
  if (spec.ttlSecondsAfterFinished !== undefined) {
    writer.field(0, 'TTL Seconds After Finished', spec.ttlSecondsAfterFinished);
  }
  if (status.startTime) writer.field(0, 'Start Time', goTime(status.startTime));
  if (status.completionTime) writer.field(0, 'Completed At', goTime(status.completionTime));
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
  describePodTemplate(writer, spec.template);
}

export function describeCronJob(writer: DescriptionWriter, cron: CronJob): void {
  const { spec, status = {} } = cron;
  head(writer, cron);
  labels(writer, cron);
  writer.field(0, 'Schedule', spec?.schedule);
  writer.field(0, 'Concurrency Policy', spec?.concurrencyPolicy);
  writer.field(0, 'Suspend', spec?.suspend ? 'True' : 'False');
  writer.field(0, 'Successful Job History Limit', spec?.successfulJobsHistoryLimit ?? unset);
  writer.field(0, 'Failed Job History Limit', spec?.failedJobsHistoryLimit ?? unset);
  const deadline = spec?.startingDeadlineSeconds;
  writer.field(0, 'Starting Deadline Seconds', deadline === undefined ? unset : `${deadline}s`);
  const job = spec?.jobTemplate.spec;
  writer.field(0, 'Selector', job?.selector === undefined ? unset : selectorText(job.selector));
  writer.field(0, 'Parallelism', job?.parallelism ?? unset);
  writer.field(0, 'Completions', job?.completions ?? unset);
  if (job !== undefined) describePodTemplate(writer, job.template);
  const last = status.lastScheduleTime;
  writer.field(0, 'Last Schedule Time', last === undefined ? unset : goTime(last));
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

export function describeServiceAccount(writer: DescriptionWriter, account: ServiceAccount): void {
  head(writer, account);
  labels(writer, account);
  const listed = (title: string, names: readonly (string | undefined)[]): void => {
    writer.field(0, title, names[0]);
    for (const name of names.slice(1)) writer.line(0, `\t${name}`);
  };
  listed(
    'Image pull secrets',
    (account.imagePullSecrets ?? []).map(({ name }) => name),
  );
  listed(
    'Mountable secrets',
    (account.secrets ?? []).map(({ name }) => name),
  );
  listed('Tokens', []);
}

export function describeBudget(writer: DescriptionWriter, budget: PodDisruptionBudget): void {
  const { spec, status } = budget;
  head(writer, budget);
  if (spec?.minAvailable !== undefined) writer.field(0, 'Min available', spec.minAvailable);
  else if (spec?.maxUnavailable !== undefined) {
    writer.field(0, 'Max unavailable', spec.maxUnavailable);
  }
  writer.field(0, 'Selector', spec?.selector ? selectorText(spec.selector) : unset);
  writer.line(0, 'Status:');
  writer.field(2, 'Allowed disruptions', status?.disruptionsAllowed ?? 0);
  writer.field(2, 'Current', status?.currentHealthy ?? 0);
  writer.field(2, 'Desired', status?.desiredHealthy ?? 0);
  writer.field(2, 'Total', status?.expectedPods ?? 0);
}

export function describeRole(writer: DescriptionWriter, role: Role): void {
  writer.field(0, 'Name', role.metadata.name);
  labels(writer, role);
  writer.line(0, 'PolicyRule:');
  writer.line(1, 'Resources\tNon-Resource URLs\tResource Names\tVerbs');
  writer.line(1, '---------\t-----------------\t--------------\t-----');
  const words = (values: readonly string[] | undefined): string => `[${(values ?? []).join(' ')}]`;
  const rows = (role.rules ?? []).flatMap((rule) => {
    const groups = [...(rule.apiGroups ?? [])].sort(byText);
    const named = groups.flatMap((group) =>
      [...(rule.resources ?? [])]
        .sort(byText)
        .map((name) => (group === '' ? name : `${name}.${group}`)),
    );
    const resources = named.length === 0 ? [''] : named;
    return resources.map((resource) => ({
      resource,
      rest: [words(rule.nonResourceURLs), words(rule.resourceNames), words(rule.verbs)],
    }));
  });
  for (const { resource, rest } of rows) writer.line(1, [resource, ...rest].join('\t'));
}

export function describeBinding(writer: DescriptionWriter, binding: RoleBinding): void {
  writer.field(0, 'Name', binding.metadata.name);
  labels(writer, binding);
  writer.line(0, 'Role:');
  writer.field(1, 'Kind', binding.roleRef.kind).field(1, 'Name', binding.roleRef.name);
  writer.line(0, 'Subjects:').line(1, 'Kind\tName\tNamespace').line(1, '----\t----\t---------');
  for (const { kind, name, namespace = '' } of binding.subjects ?? []) {
    writer.line(1, `${kind}\t${name}\t${namespace}`);
  }
}

export function describeClaim(
  writer: DescriptionWriter,
  claim: PersistentVolumeClaim,
  pods: readonly Pod[],
): void {
  const { spec, status, metadata } = claim;
  head(writer, claim);
  writer.line(0, `StorageClass:\t${spec?.storageClassName ?? ''}`);
  writer.line(0, `Status:\t${metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? '')}`);
  writer.line(0, `Volume:\t${spec?.volumeName ?? ''}`);
  labels(writer, claim);
  writer.line(0, `Finalizers:\t[${(metadata.finalizers ?? []).join(' ')}]`);
  writer.line(0, `Capacity:\t${status?.capacity?.['storage'] ?? ''}`);
  writer.line(0, `Access Modes:\t${accessModes(status?.accessModes)}`);
  if (spec?.volumeMode) writer.field(0, 'VolumeMode', spec.volumeMode);
  const users = pods.filter((pod) =>
    (pod.spec.volumes ?? []).some(
      ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === metadata.name,
    ),
  );
  writer.field(0, 'Used By', users[0]?.metadata.name);
  for (const user of users.slice(1)) writer.line(0, `\t${user.metadata.name}`);
}

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

const accessModes = (modes: readonly string[] | undefined): string =>
  (modes ?? []).map((mode) => shortModes[mode] ?? mode).join(',');
