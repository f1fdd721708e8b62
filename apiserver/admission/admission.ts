/**
 * Admission: the last word on a write, after authorization and before the registry. In: what
 * is about to happen, as attributes. Out: the object changed, or a StatusError. All plugins
 * mutate first, in order; then, on the final object, all validate.
 *
 * A plugin is one file; which ones run, and in which order, stands in {@link ./plugins.ts}.
 */
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { groupResource, type ResourceType } from '../../api/resource.ts';
import { type StatusError, statusError } from '../../api/status.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

export interface Requester {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
}

export interface AdmissionAttributes {
  readonly operation: Operation;
  readonly type: ResourceType;
  /** "" for the object itself. */
  readonly subresource: string;
  /** "" for a cluster-scoped object. */
  readonly namespace: string;
  /** "" for a create whose name is still to be generated. */
  readonly name: string;
  /** What is to be stored; undefined for a delete. Mutating plugins change it in place. */
  readonly object: Mutable<KubernetesObject> | undefined;
  /** What is stored; undefined for a create. */
  readonly oldObject: KubernetesObject | undefined;
  readonly user: Requester;
  /** Plugins with effects outside the object must have none then. */
  readonly dryRun: boolean;
}

export interface AdmissionPlugin {
  /** As Kubernetes names it: "NamespaceLifecycle". */
  readonly name: string;
  handles(attributes: AdmissionAttributes): boolean;
  mutate?(attributes: AdmissionAttributes): void | Promise<void>;
  validate?(attributes: AdmissionAttributes): void | Promise<void>;
}

export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  async mutate(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.#plugins)
      if (plugin.mutate !== undefined && plugin.handles(attributes))
        await plugin.mutate(attributes);
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.#plugins)
      if (plugin.validate !== undefined && plugin.handles(attributes))
        await plugin.validate(attributes);
  }
}

/** 403 as a plugin words it: "pods \"web\" is forbidden: …". */
export function admissionForbidden(
  attributes: AdmissionAttributes,
  detail: string,
  causes?: readonly { reason: string; message: string; field: string }[],
): StatusError {
  const { type } = attributes;
  const name = attributes.name || (attributes.object?.metadata.generateName ?? '');
  return statusError(
    'Forbidden',
    `${groupResource(type)} ${JSON.stringify(name)} is forbidden: ${detail}`,
    {
      name,
      ...(type.group === '' ? {} : { group: type.group }),
      kind: type.resource,
      ...(causes === undefined ? {} : { causes }),
    },
  );
}
