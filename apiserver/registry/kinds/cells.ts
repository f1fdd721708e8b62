/** What the printers of several kinds share. Texts are those of `kubectl get`. */
import { humanDuration } from '../../../api/duration.ts';
import type { KubernetesObject } from '../../../api/meta.ts';
import { formatLabelSelector, labelRequirements } from '../../../api/selector/label.ts';
import { parseTime } from '../../../api/time.ts';
import type { Container } from '../../../api/types/core-v1.ts';
import type { LabelSelector } from '../../../api/types/meta-v1.ts';
import type { TableColumn, TablePrinter } from '../declaration.ts';

export const NONE = '<none>';
export const UNKNOWN = '<unknown>';

export const nameColumn: TableColumn = { name: 'Name', type: 'string', format: 'name' };
export const ageColumn: TableColumn = { name: 'Age', type: 'string' };

export function column(name: string, type: TableColumn['type'] = 'string'): TableColumn {
  return { name, type };
}

/** Shown with `-o wide` only. */
export function wideColumn(name: string, type: TableColumn['type'] = 'string'): TableColumn {
  return { name, type, priority: 1 };
}

/** How long ago a timestamp was. */
export function since(timestamp: string | undefined | null, nowMs: number): string {
  const ms = timestamp ? parseTime(timestamp) : undefined;
  return ms === undefined ? UNKNOWN : humanDuration(nowMs - ms);
}

export function age(object: KubernetesObject, nowMs: number): string {
  return since(object.metadata.creationTimestamp, nowMs);
}

/** "app=web,tier=front", keys in order. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(labels ?? {}).sort();
  return keys.length === 0 ? NONE : keys.map((key) => `${key}=${labels![key]}`).join(',');
}

/** A selector in the grammar of `kubectl get -l`; "" for none at all. */
export function selectorText(selector: LabelSelector | undefined): string {
  return selector === undefined ? '' : formatLabelSelector(labelRequirements(selector));
}

export function formatSelector(selector: LabelSelector | undefined): string {
  return selectorText(selector) || NONE;
}

/** The cells Containers and Images of everything with a pod template. */
export function containerCells(containers: readonly Container[] = []): [string, string] {
  return [
    containers.map((container) => container.name).join(','),
    containers.map((container) => container.image ?? '').join(','),
  ];
}

/** "True", "False", or "<unset>". */
export function boolText(value: boolean | undefined): string {
  if (value === undefined) return '<unset>';
  return value ? 'True' : 'False';
}

/** For kinds that Kubernetes has no columns for. */
export const createdAtPrinter: TablePrinter<KubernetesObject> = {
  columns: [nameColumn, { name: 'Created At', type: 'date' }],
  cells: ({ metadata }) => [metadata.name ?? '', metadata.creationTimestamp ?? ''],
};
