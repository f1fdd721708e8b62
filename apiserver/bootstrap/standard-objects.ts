import type { KubernetesObject } from '../../api/meta.ts';
import { apiVersionOf, type ResourceType, resourcePath } from '../../api/resource.ts';
import { formatTime } from '../../api/time.ts';
import type { ServiceCIDR } from '../../api/types/networking-v1.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Random } from '../../platform/random.ts';
import { apiService, localAvailability } from '../registry/kinds/apiregistration/apiservice.ts';
import { flowSchema } from '../registry/kinds/flowcontrol/flowschema.ts';
import { priorityLevelConfiguration } from '../registry/kinds/flowcontrol/prioritylevel.ts';
import {
  standardFlowSchemas,
  standardPriorityLevels,
} from '../registry/kinds/flowcontrol/standard.ts';
import { serviceCidr } from '../registry/kinds/networking/servicecidr.ts';
import { DEFAULT_SERVICE_CIDR } from '../registry/service-addresses.ts';
import type { Storage } from '../storage/storage.ts';
import { groupPriority } from '../discovery/group-priorities.ts';
import { danglingCondition } from './flow-schema-status.ts';
import { createStored } from './create-stored.ts';
import type { SelfClient } from './self-client.ts';

export interface StandardObjectsOptions {
  readonly serves: (type: ResourceType) => boolean;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  /** Everything this server serves by itself. */
  readonly types: readonly ResourceType[];
  readonly serviceClusterIpRange: string;
}

type Declared = { readonly type: ResourceType; readonly storagePrefix?: string };

const AUTOUPDATE = { 'apf.kubernetes.io/autoupdate-spec': 'true' };

/**
 * Writes the objects that describe the server itself where they are missing: flow schemas and
 * priority levels, API services, the range of Services. All writes are under way together.
 */
export async function ensureStandardObjects(options: StandardObjectsOptions): Promise<void> {
  const nowMs = options.clock.now();
  await Promise.all([
    ensureFlowObjects(options),
    ensureAll(options, apiService, apiServices(options.types, nowMs)),
    ensureServiceRange(options),
  ]);
}

/** The ServiceCIDR of the flag; one that says something else is left as it is. */
export function ensureServiceRange(
  options: FlowObjectsOptions & Pick<StandardObjectsOptions, 'serviceClusterIpRange'>,
): Promise<void> {
  const { serviceClusterIpRange, clock } = options;
  return ensureAll(options, serviceCidr, [kubernetesCidr(serviceClusterIpRange, clock.now())]);
}

/** A cluster whose flag got a range of the other family has Services of both from then on. */
export async function widenServiceRange(client: SelfClient, ranges: string): Promise<void> {
  const [first, second] = ranges.split(',');
  if (second === undefined) return;
  const path = resourcePath(serviceCidr.type, { name: DEFAULT_SERVICE_CIDR });
  const known = (await client.get(path)) as ServiceCIDR | undefined;
  if (known?.spec?.cidrs?.length !== 1 || known.spec.cidrs[0] !== first) return;
  await client.update(path, { ...known, spec: { ...known.spec, cidrs: [first, second] } });
}

type FlowObjectsOptions = Pick<StandardObjectsOptions, 'serves' | 'storage' | 'clock' | 'random'>;

/** Flow schemas and priority levels alone. */
export async function ensureFlowObjects(options: FlowObjectsOptions): Promise<void> {
  await Promise.all([
    ensureAll(options, priorityLevelConfiguration, priorityLevels()),
    ensureAll(options, flowSchema, flowSchemas(options.clock.now())),
  ]);
}

interface Draft {
  readonly metadata: KubernetesObject['metadata'];
}

async function ensureAll(
  options: FlowObjectsOptions,
  { type, storagePrefix }: Declared,
  drafts: readonly Draft[],
): Promise<void> {
  if (!options.serves(type)) return;
  const stored = options.storage.resource(storagePrefix ?? type.resource)!;
  const known = await stored.known('');
  const names = new Set(known.map(({ value }) => value.metadata.name));
  const place = { ...type, ...(storagePrefix === undefined ? {} : { storagePrefix }) };
  const kind = { apiVersion: apiVersionOf(type), kind: type.kind };
  await Promise.all(
    drafts
      .filter(({ metadata }) => !names.has(metadata.name))
      .map((draft) => createStored(options, place, { ...kind, ...draft })),
  );
}

function priorityLevels(): Draft[] {
  return Object.entries(standardPriorityLevels).map(([name, spec]) => ({
    metadata: { name, annotations: AUTOUPDATE, generation: 1 },
    spec,
    status: {},
  }));
}

function flowSchemas(nowMs: number): Draft[] {
  return Object.entries(standardFlowSchemas).map(([name, spec]) => ({
    metadata: { name, annotations: AUTOUPDATE, generation: 1 },
    spec,
    status: {
      conditions: [
        {
          ...danglingCondition(spec.priorityLevelConfiguration.name, true),
          lastTransitionTime: formatTime(nowMs),
        },
      ],
    },
  }));
}

function apiServices(types: readonly ResourceType[], nowMs: number): Draft[] {
  const versions = new Map(types.map((type) => [`${type.version}.${type.group}`, type] as const));
  return [...versions].flatMap(([name, { group, version }]) => {
    const priority = groupPriority(group, version);
    if (priority === undefined) return [];
    return {
      metadata: { name, labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
      spec: { ...(group === '' ? {} : { group }), version, ...priority },
      status: localAvailability(nowMs),
    };
  });
}

/** With the owners that Kubernetes' requests would have left. */
function kubernetesCidr(ranges: string, nowMs: number): Draft {
  const time = formatTime(nowMs);
  const written = { apiVersion: apiVersionOf(serviceCidr.type), fieldsType: 'FieldsV1', time };
  const condition = { 'f:lastTransitionTime': {}, 'f:message': {}, 'f:status': {}, 'f:type': {} };
  return {
    metadata: {
      name: DEFAULT_SERVICE_CIDR,
      managedFields: [
        {
          ...written,
          manager: 'kubernetes-service-cidr-controller',
          operation: 'Apply',
          subresource: 'status',
          fieldsV1: {
            'f:status': { 'f:conditions': { 'k:{"type":"Ready"}': { '.': {}, ...condition } } },
          },
        },
        {
          ...written,
          manager: 'kube-apiserver',
          operation: 'Update',
          fieldsV1: { 'f:spec': { 'f:cidrs': {} } },
        },
      ],
    },
    spec: { cidrs: ranges.split(',') },
    status: {
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          lastTransitionTime: time,
          reason: '',
          message: 'Kubernetes default Service CIDR is ready',
        },
      ],
    },
  } as Draft;
}
