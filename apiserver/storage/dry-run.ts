import { deepEqual } from '../../api/deep.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { StoredObject } from './stored-object.ts';
import type { Decide, Outcome, ResourceWriter, Writer } from './write.ts';

/** Writes that decide on the store's present state and change nothing. */
export class DryRunWriter implements Writer {
  readonly #writer: ResourceWriter;

  constructor(writer: ResourceWriter) {
    this.#writer = writer;
  }

  async create(suffix: string, object: Mutable<KubernetesObject>) {
    const existing = await this.#writer.read(suffix);
    return existing === undefined
      ? { created: StoredObject.unstored(this.#writer.codec, object) }
      : { existing };
  }

  async transact(suffix: string, decide: Decide): Promise<Outcome> {
    const current = await this.#writer.read(suffix);
    const decision = await decide(current);
    if (decision.type === 'keep') return { type: 'kept', object: current };
    if (decision.type === 'delete')
      return { type: current === undefined ? 'kept' : 'deleted', object: current };
    const { object } = decision;
    if (current === undefined) delete object.metadata.resourceVersion;
    else object.metadata.resourceVersion = String(current.revision);
    if (current !== undefined && deepEqual(object, current.value))
      return { type: 'kept', object: current };
    return {
      type: current === undefined ? 'created' : 'updated',
      object: StoredObject.unstored(this.#writer.codec, object),
    };
  }
}
