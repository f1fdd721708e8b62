import { StatusError } from '../../api/status.ts';
import { type AdmissionAttributes, type AdmissionPlugin, admissionForbidden } from './admission.ts';
import type { Lookups } from './lookups.ts';

/** A namespace that something is created in is made first, as if this server had been asked to. */
export class NamespaceAutoProvision implements AdmissionPlugin {
  readonly name = 'NamespaceAutoProvision';
  readonly #lookups: Pick<Lookups, 'namespaces' | 'createNamespace'>;

  constructor(lookups: Pick<Lookups, 'namespaces' | 'createNamespace'>) {
    this.#lookups = lookups;
  }

  handles({ operation, namespace, type }: AdmissionAttributes): boolean {
    return operation === 'CREATE' && namespace !== '' && type.namespaced;
  }

  async mutate(attributes: AdmissionAttributes): Promise<void> {
    const { namespace: name, options } = attributes;
    if ((options.dryRun ?? []).length > 0) return;
    const { namespaces, createNamespace } = this.#lookups;
    if ((await namespaces.named('', name)) !== undefined) return;
    try {
      await createNamespace?.(name);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      throw admissionForbidden(attributes, error.message);
    }
  }
}
