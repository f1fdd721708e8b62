import type { Mutable } from '../../api/meta.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { PriorityClass } from '../../api/types/scheduling-v1.ts';
import { type AdmissionAttributes, type AdmissionPlugin, admissionForbidden } from './admission.ts';
import type { Lookup } from './lookups.ts';

/** Without any class a pod may push others aside, but nothing is below it. */
const noClass: Pick<PriorityClass, 'value' | 'preemptionPolicy'> = {
  value: 0,
  preemptionPolicy: 'PreemptLowerPriority',
};

/** Pods name a class; the number they are scheduled by comes from it, and from nobody else. */
export class Priority implements AdmissionPlugin {
  readonly name = 'Priority';
  readonly #classes: Lookup<PriorityClass>;

  constructor(classes: Lookup<PriorityClass>) {
    this.#classes = classes;
  }

  handles({ operation, type, subresource }: AdmissionAttributes): boolean {
    if (operation === 'DELETE' || subresource !== '') return false;
    return type.group === '' ? type.resource === 'pods' : type.resource === 'priorityclasses';
  }

  async mutate(attributes: AdmissionAttributes): Promise<void> {
    if (attributes.type.resource !== 'pods') return;
    const { spec } = attributes.object as Mutable<Pod>;
    if (attributes.operation === 'UPDATE') {
      keep(spec, (attributes.oldObject as Pod).spec);
      return;
    }
    const chosen = await this.#classOf(attributes, spec);
    const { value, preemptionPolicy: policy } = chosen;
    if (spec.priority !== undefined && spec.priority !== value)
      throw admissionForbidden(
        attributes,
        `the integer value of priority (${spec.priority}) must not be provided in pod spec; ` +
          `priority admission controller computed ${value} from the given PriorityClass name`,
      );
    spec.priority = value;
    if (policy === undefined) return;
    if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy)
      throw admissionForbidden(
        attributes,
        `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided ` +
          `in pod spec; priority admission controller computed ${policy} ` +
          'from the given PriorityClass name',
      );
    spec.preemptionPolicy = policy;
  }

  async #classOf(
    attributes: AdmissionAttributes,
    spec: Mutable<Pod['spec']>,
  ): Promise<Pick<PriorityClass, 'value' | 'preemptionPolicy'>> {
    const { priorityClassName: name } = spec;
    if (name) {
      const found = await this.#classes.named('', name);
      if (found !== undefined) return found;
      throw admissionForbidden(attributes, `no PriorityClass with name ${name} was found`);
    }
    const standard = await this.#default();
    if (standard !== undefined) spec.priorityClassName = standard.metadata.name!;
    return standard ?? noClass;
  }

  /** Should two have become the default at once, the lower one counts. */
  async #default(): Promise<PriorityClass | undefined> {
    let lowest: PriorityClass | undefined;
    for (const each of await this.#classes.known(''))
      if (each.globalDefault === true && !(lowest !== undefined && lowest.value <= each.value))
        lowest = each;
    return lowest;
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    if (attributes.type.resource !== 'priorityclasses') return;
    const object = attributes.object as Mutable<PriorityClass>;
    if (object.globalDefault !== true) return;
    const standard = await this.#default();
    const name = standard?.metadata.name;
    if (name === undefined) return;
    if (attributes.operation === 'UPDATE' && name === object.metadata.name) return;
    throw admissionForbidden(
      attributes,
      `PriorityClass ${name} is already marked as default. Only one default can exist`,
    );
  }
}

/** A client may leave out what the server filled in. */
function keep(spec: Mutable<Pod['spec']>, old: Pod['spec']): void {
  if (spec.priority === undefined && old.priority !== undefined) spec.priority = old.priority;
  if (spec.preemptionPolicy === undefined && old.preemptionPolicy !== undefined)
    spec.preemptionPolicy = old.preemptionPolicy;
}
