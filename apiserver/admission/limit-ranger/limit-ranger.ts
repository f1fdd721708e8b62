import type { Mutable } from '../../../api/meta.ts';
import type { LimitRange, PersistentVolumeClaim, Pod } from '../../../api/types/core-v1.ts';
import {
  type AdmissionAttributes,
  type AdmissionPlugin,
  admissionForbidden,
} from '../admission.ts';
import type { Lookup } from '../lookups.ts';
import { claimFaults, podFaults } from './constraints.ts';
import { applyLimitDefaults } from './defaults.ts';

/** What one pod, container or claim may ask for in a namespace, and asks for by default. */
export class LimitRanger implements AdmissionPlugin {
  readonly name = 'LimitRanger';
  readonly #limitRanges: Lookup<LimitRange>;

  constructor(limitRanges: Lookup<LimitRange>) {
    this.#limitRanges = limitRanges;
  }

  /** What a pod asks for changes only through its resize. */
  handles({ operation, type, subresource, oldObject }: AdmissionAttributes): boolean {
    if (type.group !== '') return false;
    if (type.resource === 'pods' && subresource === 'resize') return operation === 'UPDATE';
    if (subresource !== '') return false;
    if (type.resource === 'pods') return operation === 'CREATE';
    if (type.resource !== 'persistentvolumeclaims') return false;
    if (operation === 'UPDATE') return oldObject?.metadata.deletionTimestamp === undefined;
    return operation === 'CREATE';
  }

  mutate(attributes: AdmissionAttributes): void | Promise<void> {
    if (attributes.type.resource !== 'pods') return;
    const apply = (ranges: readonly LimitRange[]): void => {
      for (const range of ranges) applyLimitDefaults(range, attributes.object as Mutable<Pod>);
    };
    const ranges = this.#limitRanges.known(attributes.namespace);
    return ranges instanceof Promise ? ranges.then(apply) : apply(ranges);
  }

  validate(attributes: AdmissionAttributes): void | Promise<void> {
    const check = (ranges: readonly LimitRange[]): void => {
      for (const range of ranges) {
        const faults = faultsOf(range, attributes);
        if (faults.length > 0) throw admissionForbidden(attributes, aggregate(faults));
      }
    };
    const ranges = this.#limitRanges.known(attributes.namespace);
    return ranges instanceof Promise ? ranges.then(check) : check(ranges);
  }
}

function faultsOf(range: LimitRange, { type, object }: AdmissionAttributes): readonly string[] {
  return type.resource === 'pods'
    ? podFaults(range, object as Mutable<Pod>)
    : claimFaults(range, object as Mutable<PersistentVolumeClaim>);
}

/** As Go prints several errors: each once, in brackets. */
function aggregate(faults: readonly string[]): string {
  const different = [...new Set(faults)];
  return different.length === 1 ? different[0]! : `[${different.join(', ')}]`;
}
