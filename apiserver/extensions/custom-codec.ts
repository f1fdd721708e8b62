import { isObject } from '../../api/deep.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import { pruneStored } from '../../api/structural/custom-object.ts';
import { applySchemaDefaults, pruneNulls } from '../../api/structural/defaulting.ts';
import type { KeptValues } from '../storage/kept-values.ts';
import { ResourceCodec } from '../storage/resource-codec.ts';
import type { VersionSchema } from './version-schema.ts';

/**
 * Custom resources as bytes. What is stored may be older than the schema: each object is pruned
 * and gets its defaults by the schema of the version it is stored in, as it is read.
 */
export class CustomResourceCodec extends ResourceCodec {
  #epoch = 0;
  #schemas: ReadonlyMap<string, VersionSchema>;
  readonly #unsettled = new WeakSet<object>();

  constructor(type: ResourceType, schemas: ReadonlyMap<string, VersionSchema>, kept: KeptValues) {
    super(type, kept);
    this.#schemas = schemas;
  }

  override get epoch(): number {
    return this.#epoch;
  }

  /** `type` is of the storage version; `schemas` are by version. */
  change(type: ResourceType, schemas: ReadonlyMap<string, VersionSchema>): void {
    this.writeAs(type);
    this.#schemas = schemas;
    this.#epoch++;
  }

  override settle(object: Record<string, unknown>): boolean {
    const { apiVersion } = object as { apiVersion: string };
    const schema = this.#schemas.get(apiVersion.slice(apiVersion.indexOf('/') + 1));
    if (schema === undefined) return false;
    const pruned = prune(object, schema);
    const defaulted = applySchemaDefaults(object, schema.root);
    const numbered = withGeneration(object);
    return pruned || defaulted || numbered;
  }

  /**
   * Makes of an object that was converted what is written, in place: as in Kubernetes, pruned,
   * but without the defaults of its version, which each read gives it.
   */
  prepare(object: Mutable<KubernetesObject>): void {
    const schema = this.#schemas.get(object.apiVersion.slice(object.apiVersion.indexOf('/') + 1));
    this.#unsettled.add(object);
    if (schema === undefined) return;
    prune(object, schema);
    pruneNulls(object, schema.root);
  }

  override isUnsettled(object: KubernetesObject): boolean {
    return this.#unsettled.has(object);
  }
}

function prune(object: Record<string, unknown>, { root }: VersionSchema): boolean {
  const pruned = pruneStored(object, root);
  if (!pruned.changed) return false;
  for (const key of Object.keys(object)) delete object[key];
  Object.assign(object, pruned.object);
  return true;
}

/** Objects of old have none, or 0. */
function withGeneration({ metadata }: Record<string, unknown>): boolean {
  if (!isObject(metadata) || metadata['generation']) return false;
  metadata['generation'] = 1;
  return true;
}
