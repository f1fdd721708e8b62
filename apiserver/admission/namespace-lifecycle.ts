import type { Namespace } from '../../api/types/core-v1.ts';
import { statusError } from '../../api/status.ts';
import { type AdmissionAttributes, type AdmissionPlugin, admissionForbidden } from './admission.ts';
import type { Lookup } from './lookups.ts';

/**
 * Nothing is written to a namespace that does not exist, and nothing new is created in one that
 * is being deleted: else its deletion would never end.
 */
export class NamespaceLifecycle implements AdmissionPlugin {
  readonly name = 'NamespaceLifecycle';
  readonly #namespaces: Lookup<Namespace>;

  constructor(namespaces: Lookup<Namespace>) {
    this.#namespaces = namespaces;
  }

  handles({ operation, namespace, type }: AdmissionAttributes): boolean {
    // Whether a namespace exists is not for everybody who may ask about access in it.
    if (type.group === 'authorization.k8s.io') return false;
    return operation !== 'DELETE' && type.namespaced && namespace !== '';
  }

  /** A negative answer of the cache proves nothing: the namespace may be new. */
  async mutate(attributes: AdmissionAttributes): Promise<void> {
    const { namespace: name } = attributes;
    const namespace = await this.#namespaces.named('', name);
    if (namespace === undefined)
      throw statusError('NotFound', `namespaces ${JSON.stringify(name)} not found`, {
        name,
        kind: 'namespaces',
      });
    if (attributes.operation !== 'CREATE' || namespace.metadata.deletionTimestamp === undefined)
      return;
    throw admissionForbidden(
      attributes,
      `unable to create new content in namespace ${name} because it is being terminated`,
      [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${name} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    );
  }
}
