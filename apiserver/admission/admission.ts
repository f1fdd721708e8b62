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
import type { AdmissionMetrics, AdmissionTiming } from './admission-metrics.ts';
import type { DeleteOptions } from '../../api/types/meta-v1.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

export interface Requester {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** The request that a write came with, for plugins that ask others or have something to tell. */
export interface WriteRequest {
  /** Aborts when the client goes away or the request's time is over. */
  readonly signal: AbortSignal;
  /** When its time is over, by the server's monotonic clock. Undefined: nobody has said. */
  readonly deadlineMs: number | undefined;
  /** False for a component in the same process, which shows warnings to nobody. */
  readonly hearsWarnings: boolean;
  /** Shows the client a text whatever becomes of the request. */
  warn(text: string): void;
  /** Adds to the request's entry in the audit log. */
  annotate(key: string, value: string): void;
  /** Adds to that entry where it tells what was sent. */
  annotateDetail(key: string, value: () => string): void;
}

/** CreateOptions, UpdateOptions or DeleteOptions, but for the kind, which the operation says. */
export interface WriteOptions {
  readonly dryRun?: readonly string[];
  readonly fieldManager?: string;
  readonly fieldValidation?: string;
}

export interface AdmissionAttributes {
  readonly operation: Operation;
  /** As it is stored. */
  readonly type: ResourceType;
  /** The version in which the client speaks of it, where that is another one. */
  readonly requestedType?: ResourceType | undefined;
  /**
   * Of `object` and `oldObject`: that of `type`, or what the subresource exchanges (autoscaling/v1
   * Scale, policy/v1 Eviction, v1 Binding).
   */
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  /** "" for the object itself. */
  readonly subresource: string;
  /** "" for a cluster-scoped object. */
  readonly namespace: string;
  /** "" for a create whose name is still to be generated. */
  readonly name: string;
  /** Deleted with its collection: webhooks and policies are told no name then. */
  readonly collection?: boolean | undefined;
  /**
   * What the client wants, whole and with its defaults (mutate), then what is to be stored
   * (validate); undefined for a delete. With a subresource: its view. Mutating plugins change it
   * in place; what they change outside of the subresource's part is dropped.
   */
  readonly object: Mutable<KubernetesObject> | undefined;
  /** What is stored, or the subresource's view of it; undefined for a create. Never changed. */
  readonly oldObject: KubernetesObject | undefined;
  readonly user: Requester;
  /** Plugins with effects outside the object must have none then. */
  readonly dryRun: boolean;
  readonly options: WriteOptions | DeleteOptions;
  /** Absent where nobody asked: the server's own writes, and tests. */
  readonly request?: WriteRequest | undefined;
}

/** What plugins remember of one mutation of one object, which may take two rounds. */
export interface Rounds {
  /** True in the second round. */
  readonly isSecond: boolean;
  /** Asks for a second round, so that others see what this plugin changed. */
  again(): void;
  /** By the plugin's name. */
  readonly memory: Map<string, unknown>;
}

export interface AdmissionPlugin {
  /** As Kubernetes names it: "NamespaceLifecycle". */
  readonly name: string;
  handles(attributes: AdmissionAttributes): boolean;
  mutate?(attributes: AdmissionAttributes, rounds: Rounds): void | Promise<void>;
  validate?(attributes: AdmissionAttributes): void | Promise<void>;
}

type Half = Pick<AdmissionPlugin, 'name' | 'handles'> & {
  run(attributes: AdmissionAttributes, rounds: Rounds): void | Promise<void>;
};

const once: Rounds = { isSecond: false, again: () => {}, memory: new Map() };

export class AdmissionChain {
  readonly #mutating: readonly Half[];
  readonly #validating: readonly Half[];
  readonly #metrics: AdmissionMetrics | undefined;

  constructor(plugins: readonly AdmissionPlugin[], metrics?: AdmissionMetrics) {
    this.#metrics = metrics;
    this.#mutating = plugins
      .filter((plugin) => plugin.mutate !== undefined)
      .map((plugin) => ({
        name: plugin.name,
        handles: (attributes) => plugin.handles(attributes),
        run: (attributes, rounds) => plugin.mutate!(attributes, rounds),
      }));
    this.#validating = plugins
      .filter((plugin) => plugin.validate !== undefined)
      .map((plugin) => ({
        name: plugin.name,
        handles: (attributes) => plugin.handles(attributes),
        run: (attributes) => plugin.validate!(attributes),
      }));
  }

  /** Two rounds at most: whatever the second changes stays unseen by the plugins before. */
  async mutate(attributes: AdmissionAttributes): Promise<void> {
    let wanted = false;
    const memory = new Map<string, unknown>();
    const again = (): void => void (wanted = true);
    const timing = this.#metrics?.begin(attributes.operation, 'admit');
    await this.#run(this.#mutating, attributes, {
      rounds: { isSecond: false, again, memory },
      timing,
    });
    if (wanted)
      await this.#run(this.#mutating, attributes, {
        rounds: { isSecond: true, again, memory },
        timing,
      });
    timing?.end(false);
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    const timing = this.#metrics?.begin(attributes.operation, 'validate');
    await this.#run(this.#validating, attributes, { rounds: once, timing });
    timing?.end(false);
  }

  async #run(
    halves: readonly Half[],
    attributes: AdmissionAttributes,
    { rounds, timing }: { readonly rounds: Rounds; readonly timing: AdmissionTiming | undefined },
  ): Promise<void> {
    let name = '';
    try {
      for (const half of halves) {
        if (!half.handles(attributes)) continue;
        ({ name } = half);
        // Most plugins decide at once, and cost no turn of the event loop.
        const done = half.run(attributes, rounds);
        if (done !== undefined) await done;
        timing?.plugin(name, false);
      }
    } catch (error) {
      timing?.plugin(name, true);
      timing?.end(true);
      throw error;
    }
  }
}

/** 403 as a plugin words it: "pods \"web\" is forbidden: …". */
/** What is wrong is nothing that the client could mend. */
export function internalError(message: string): StatusError {
  const causes = [{ message }];
  return statusError('InternalError', `Internal error occurred: ${message}`, { causes });
}

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
