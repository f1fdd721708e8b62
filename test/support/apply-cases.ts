/** Server-side apply as a table: cases by name, played on any API server. */
import { readFileSync } from 'node:fs';
import { deepCopy, isObject } from '../../api/deep.ts';
import { parseYaml } from '../../api/yaml.ts';

type Json = Record<string, unknown>;

export interface ApplyStep {
  /** The manager, under what it does. */
  readonly apply?: string;
  readonly create?: string;
  readonly patch?: string;
  readonly sub?: 'status' | 'scale';
  /** In which version, if not the kind's first. */
  readonly apiVersion?: string;
  readonly body?: Json;
  /** Of a Scale, in place of a body. */
  readonly scale?: number;
  readonly force?: boolean;
  /** Default: success. */
  readonly code?: number;
  readonly message?: string;
}

export interface ApplyCase {
  readonly name: string;
  readonly kind: keyof typeof targets;
  readonly steps: readonly ApplyStep[];
  /** By path ("spec.ports.0.port"), what is there in the end; null: nothing. */
  readonly live?: Json;
  readonly owners?: Readonly<Record<string, readonly string[]>>;
}

export interface Played {
  readonly code: number;
  readonly body: Json;
}

/** Sends a request to the server on which a case is played. */
export type Play = (
  method: string,
  path: string,
  call?: { readonly body: unknown; readonly type: string },
) => Promise<Played>;

const file = new URL('./apply-cases.yaml', import.meta.url);

export const applyCases = parseYaml(readFileSync(file, 'utf8')) as readonly ApplyCase[];

/** Where objects of a kind are, and what a configuration says besides what a case is about. */
const targets = {
  ConfigMap: { apiVersion: 'v1', plural: 'configmaps', base: {} },
  Service: { apiVersion: 'v1', plural: 'services', base: {} },
  Role: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'roles', base: {} },
  HorizontalPodAutoscaler: {
    apiVersion: 'autoscaling/v2',
    plural: 'horizontalpodautoscalers',
    base: {
      spec: {
        maxReplicas: 5,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' },
      },
    },
  },
  Event: {
    apiVersion: 'events.k8s.io/v1',
    plural: 'events',
    base: {
      eventTime: '2024-01-01T00:00:00.000000Z',
      reportingController: 'example.com/one',
      reportingInstance: 'one-1',
      action: 'Testing',
      reason: 'Test',
      type: 'Normal',
      regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'x' },
    },
  },
  Deployment: {
    apiVersion: 'apps/v1',
    plural: 'deployments',
    base: {
      spec: {
        selector: { matchLabels: { app: 'x' } },
        template: {
          metadata: { labels: { app: 'x' } },
          spec: { containers: [{ name: 'main', image: 'main:0' }] },
        },
      },
    },
  },
} as const;

function collectionOf(kind: ApplyCase['kind'], apiVersion: string = targets[kind].apiVersion) {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  return `${root}/namespaces/default/${targets[kind].plural}`;
}

function merged(base: Json, over: Json): Json {
  const out = deepCopy(base);
  for (const [key, value] of Object.entries(over)) {
    const below = out[key];
    out[key] = isObject(below) && isObject(value) ? merged(below, value) : value;
  }
  return out;
}

const MERGE = 'application/merge-patch+json';
const APPLY = 'application/apply-patch+yaml';

function scaleOf(replicas: number): Json {
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'x' },
    spec: { replicas },
  };
}

function configurationOf(kind: ApplyCase['kind'], step: ApplyStep): Json {
  const { base } = targets[kind];
  const { apiVersion = targets[kind].apiVersion } = step;
  const named = { apiVersion, kind, metadata: { name: 'x' } };
  if (step.scale !== undefined) return scaleOf(step.scale);
  const whole = step.sub === undefined ? merged(named, base) : named;
  return merged(whole, step.body ?? {});
}

function playStep(kind: ApplyCase['kind'], step: ApplyStep, play: Play): Promise<Played> {
  const path = collectionOf(kind, step.apiVersion);
  const manager = step.apply ?? step.create ?? step.patch ?? '';
  const query = `fieldManager=${manager}${step.force ? '&force=true' : ''}`;
  const at = `${path}/x${step.sub === undefined ? '' : `/${step.sub}`}?${query}`;
  const whole = configurationOf(kind, step);
  if (step.create !== undefined)
    return play('POST', `${path}?${query}`, { body: whole, type: 'application/json' });
  if (step.patch !== undefined) return play('PATCH', at, { body: step.body, type: MERGE });
  return play('PATCH', at, { body: whole, type: APPLY });
}

/** Whatever would keep it. */
export async function remove(at: string, play: Play): Promise<void> {
  const loose = { metadata: { finalizers: null } };
  await play('PATCH', at, { body: loose, type: MERGE });
  const now = { gracePeriodSeconds: 0, propagationPolicy: 'Background' };
  await play('DELETE', at, { body: now, type: 'application/json' });
}

/** The answers to the steps, then the object. What is left of an earlier case goes first. */
export async function playCase({ kind, steps }: ApplyCase, play: Play): Promise<Played[]> {
  const at = `${collectionOf(kind)}/x`;
  await remove(at, play);
  const answers: Played[] = [];
  for (const step of steps) answers.push(await playStep(kind, step, play));
  return [...answers, await play('GET', at)];
}

/** What is at "spec.ports.0.port"; null if nothing is. */
export function valueAt(object: unknown, path: string): unknown {
  let value = object;
  for (const part of path.split('.')) value = (value as Json | null | undefined)?.[part];
  return value ?? null;
}

/** By "manager operation", the paths of the leaves. */
export function ownersOf(object: Json): Record<string, string[]> {
  const { managedFields = [] } = object['metadata'] as { managedFields?: Json[] };
  return Object.fromEntries(
    managedFields.map(({ manager, operation, fieldsV1 }) => [
      `${String(manager)} ${String(operation)}`,
      leaves(fieldsV1 as Json, ''),
    ]),
  );
}

function leaves(set: Json, at: string): string[] {
  return Object.entries(set).flatMap(([element, below]) => {
    if (element === '.') return [];
    const path = `${at}.${element.replace(/^f:/, '')}`;
    const inner = leaves(below as Json, path);
    return inner.length === 0 ? [path] : inner;
  });
}

/** What a server makes up: in messages too. */
const made: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'NOW'],
  [/"resourceVersion":"\d+"/g, '"resourceVersion":"N"'],
  [/"(nodePort|healthCheckNodePort)":\d+/g, '"$1":"N"'],
  [/"clusterIPs?":(?:"[\d.]+"|\["[\d.]+"\])/g, '"clusterIP":"IP"'],
];

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** Entries of one second have no order that counts, nor have conflicts with several managers. */
export function comparablePlayed({ code, body }: Played): Played {
  let text = JSON.stringify(body);
  for (const [pattern, name] of made) text = text.replace(pattern, name);
  const even = JSON.parse(text, (key, value: unknown) =>
    key === 'managedFields' || key === 'causes' ? (value as Json[]).sort(byKeys) : value,
  ) as Json;
  return { code, body: even };
}

const byKeys = (a: Json, b: Json): number =>
  byText(
    [a['manager'], a['operation'], a['apiVersion'], a['subresource'], a['field']],
    [b['manager'], b['operation'], b['apiVersion'], b['subresource'], b['field']],
  );
