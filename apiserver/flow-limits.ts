import type { ObjectMeta } from '../api/meta.ts';
import type { ResourceType } from '../api/resource.ts';
import type { Clock } from '../platform/clock.ts';
import type { Effects } from '../platform/effects.ts';
import type { Turns } from '../platform/turns.ts';
import { FlowSchemaStatus } from './bootstrap/flow-schema-status.ts';
import type { SelfClient } from './bootstrap/self-client.ts';
import { ensureFlowObjects } from './bootstrap/standard-objects.ts';
import type { FlowSchema, PriorityLevelConfiguration } from '../api/types/flowcontrol-v1.ts';
import { FlowControl } from './flowcontrol/flow-control.ts';
import { objectSource } from './object-sources.ts';
import type { PipelineRequest } from './pipeline/api-request.ts';
import type { PipelineOptions } from './pipeline/filters.ts';
import { flowSchema } from './registry/kinds/flowcontrol/flowschema.ts';
import { priorityLevelConfiguration } from './registry/kinds/flowcontrol/prioritylevel.ts';
import {
  mandatory,
  standardFlowSchemas,
  standardPriorityLevels,
} from './registry/kinds/flowcontrol/standard.ts';
import type { ResourceDeclaration } from './registry/declaration.ts';
import type { Storage } from './storage/storage.ts';

/** kube-apiserver's. */
const DEFAULTS = { readOnly: 400, mutating: 200 } as const;

export interface FlowLimits {
  /** Default true. Without it, requests beyond the limits are turned away at once. */
  readonly priorityAndFairness?: boolean | undefined;
  readonly maxRequestsInFlight?: number | undefined;
  readonly maxMutatingRequestsInFlight?: number | undefined;
  /** How long the thread was at work so far. Default: never; then no user is held back for it. */
  readonly busyMs?: (() => number) | undefined;
}

export interface FlowSurroundings {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly turns: Turns;
  readonly declarations: readonly ResourceDeclaration[];
  readonly requestTimeoutMs: number;
}

/** How the pipeline bounds requests at work. */
export function flowLimits(
  { storage, clock, turns, declarations, requestTimeoutMs }: FlowSurroundings,
  options: FlowLimits,
): PipelineOptions['limits'] {
  const maxReadOnly = options.maxRequestsInFlight ?? DEFAULTS.readOnly;
  const maxMutating = options.maxMutatingRequestsInFlight ?? DEFAULTS.mutating;
  if (options.priorityAndFairness === false) return { maxReadOnly, maxMutating };
  const control = new FlowControl({
    clock,
    objects: {
      flowSchemas: objectSource(storage, flowSchema.type),
      priorityLevels: objectSource(storage, priorityLevelConfiguration.type),
      mandatory: {
        flowSchemas: mandatoryOf<FlowSchema>(standardFlowSchemas, flowSchema.type),
        priorityLevels: mandatoryOf<PriorityLevelConfiguration>(
          standardPriorityLevels,
          priorityLevelConfiguration.type,
        ),
      },
    },
    seats: maxReadOnly + maxMutating,
    // As kube-apiserver: a request that waited still has most of its time.
    maxWaitMs: requestTimeoutMs / 4,
    busyMs: options.busyMs ?? (() => 0),
    turns,
  });
  return { control, widthOf: widths(storage, declarations) };
}

function mandatoryOf<T extends { readonly spec: unknown; readonly metadata: ObjectMeta }>(
  specs: Readonly<Record<string, T['spec']>>,
  { group, version, kind }: { group: string; version: string; kind: string },
): T[] {
  return [...mandatory].map(
    (name) =>
      ({
        apiVersion: `${group}/${version}`,
        kind,
        metadata: { name },
        spec: specs[name],
      }) as unknown as T,
  );
}

/** kube-apiserver's estimates of what a list costs. */
const OBJECTS_PER_SEAT = 100;
const MAX_SEATS = 10;

function widths(storage: Storage, declarations: readonly ResourceDeclaration[]) {
  const prefixes = new Map(
    declarations.map(({ type, storagePrefix = type.resource }) => [
      `${type.group}/${type.resource}`,
      storagePrefix,
    ]),
  );
  return ({ info, http }: PipelineRequest): number => {
    if (info.type !== 'resource' || info.verb !== 'list' || info.name !== '') return 1;
    const key = `${info.group}/${info.resource}`;
    // Custom resources are stored under just this.
    const size = storage.resource(prefixes.get(key) ?? key)?.size ?? 0;
    const limit = Number(http.query.get('limit') ?? 0);
    const objects = limit > 0 ? Math.min(limit, size) : size;
    return Math.min(MAX_SEATS, Math.max(1, Math.ceil(objects / OBJECTS_PER_SEAT)));
  };
}

export interface StatusSurroundings extends Effects {
  readonly storage: Storage;
  readonly client: SelfClient;
  readonly serves: (type: ResourceType) => boolean;
}

export function flowSchemaStatus(of: StatusSurroundings): FlowSchemaStatus {
  const { storage, client, clock, logger } = of;
  return new FlowSchemaStatus({
    flowSchemas: objectSource(storage, flowSchema.type),
    priorityLevels: objectSource(storage, priorityLevelConfiguration.type),
    ensure: () => ensureFlowObjects(of),
    client,
    clock,
    logger,
  });
}
