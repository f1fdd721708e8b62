import { statusError } from '../../api/status.ts';
import type { Namespace } from '../../api/types/core-v1.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';
import type { Lookup } from './lookups.ts';

/** Every request in a namespace, deletions too, is refused if there is no such namespace. */
export class NamespaceExists implements AdmissionPlugin {
  readonly name = 'NamespaceExists';
  readonly #namespaces: Lookup<Namespace>;

  constructor(namespaces: Lookup<Namespace>) {
    this.#namespaces = namespaces;
  }

  handles({ namespace, type }: AdmissionAttributes): boolean {
    return namespace !== '' && type.namespaced;
  }

  async validate({ namespace: name }: AdmissionAttributes): Promise<void> {
    if ((await this.#namespaces.named('', name)) !== undefined) return;
    const details = { name, kind: 'namespaces' };
    throw statusError('NotFound', `namespaces ${JSON.stringify(name)} not found`, details);
  }
}
