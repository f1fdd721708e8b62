import type { LimitRange, LimitRangeItem, ResourceQuota } from '../../api/types/core-v1.ts';
import type { DescriptionWriter } from './writer.ts';

const scopeTexts: Readonly<Record<string, string>> = {
  Terminating:
    'Matches all pods that have an active deadline. These pods have a limited lifespan on a ' +
    'node before being actively terminated by the system.',
  NotTerminating:
    'Matches all pods that do not have an active deadline. These pods usually include long ' +
    'running pods whose container command is not expected to terminate.',
  BestEffort:
    'Matches all pods that do not have resource requirements set. These pods have a best ' +
    'effort quality of service.',
  NotBestEffort:
    'Matches all pods that have at least one resource requirement set. These pods have a ' +
    'burstable or guaranteed quality of service.',
};

/** `indent` stands before each line of a namespace's quotas. */
export function describeScopes(
  writer: DescriptionWriter,
  scopes: readonly string[],
  indent: string,
): void {
  if (scopes.length === 0) return;
  const sorted = [...scopes].sort();
  writer.line(0, `${indent}Scopes:\t${sorted.join(', ')}`);
  for (const scope of sorted) {
    const text = scopeTexts[scope];
    if (text !== undefined) writer.line(0, `${indent || ' '}* ${text}`);
  }
}

export function describeQuota(writer: DescriptionWriter, quota: ResourceQuota): void {
  writer.field(0, 'Name', quota.metadata.name);
  writer.field(0, 'Namespace', quota.metadata.namespace);
  describeScopes(writer, quota.spec?.scopes ?? [], '');
  writer.line(0, 'Resource\tUsed\tHard').line(0, '--------\t----\t----');
  const { hard = {}, used = {} } = quota.status ?? {};
  for (const name of Object.keys(hard).sort()) {
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
