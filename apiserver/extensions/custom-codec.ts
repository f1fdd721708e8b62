import type { ResourceType } from '../../api/resource.ts';
import { pruneStored } from '../../api/structural/custom-object.ts';
import { applySchemaDefaults } from '../../api/structural/defaulting.ts';
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
    const pruned = pruneStored(object, schema.root);
    if (pruned.changed) {
      for (const key of Object.keys(object)) delete object[key];
      Object.assign(object, pruned.object);
    }
    const defaulted = applySchemaDefaults(object, schema.root);
    return pruned.changed || defaulted;
  }
}
