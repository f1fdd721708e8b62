import type { Mutable } from '../../api/meta.ts';
import { amountsOf, sameAmounts } from '../../api/quota/amounts.ts';
import type { Pod, PodSpec } from '../../api/types/core-v1.ts';
import type { RuntimeClass as Class } from '../../api/types/node-v1.ts';
import { isCreateOf } from './about.ts';
import { type AdmissionAttributes, type AdmissionPlugin, admissionForbidden } from './admission.ts';
import type { Lookup } from './lookups.ts';
import { mergeTolerations } from './merge-tolerations.ts';

const OVERHEAD_DIFFERS =
  "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
const OVERHEAD_UNDEFINED =
  'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead';

/** A pod gets from its runtime class what that costs besides, and where it may run. */
export class RuntimeClass implements AdmissionPlugin {
  readonly name = 'RuntimeClass';
  readonly #classes: Lookup<Class>;

  constructor(classes: Lookup<Class>) {
    this.#classes = classes;
  }

  handles(attributes: AdmissionAttributes): boolean {
    if (!isCreateOf(attributes, 'pods')) return false;
    const spec = (attributes.object as Mutable<Pod>).spec as PodSpec | undefined;
    return spec?.runtimeClassName !== undefined || spec?.overhead !== undefined;
  }

  async mutate(attributes: AdmissionAttributes): Promise<void> {
    const { spec } = attributes.object as Mutable<Pod>;
    const found = await this.#classOf(attributes, spec);
    if (found?.overhead !== undefined) {
      const { podFixed = {} } = found.overhead;
      if (
        spec.overhead !== undefined &&
        !sameAmounts(amountsOf(spec.overhead), amountsOf(podFixed))
      )
        throw admissionForbidden(attributes, OVERHEAD_DIFFERS);
      spec.overhead = { ...podFixed };
    }
    if (found?.scheduling !== undefined) schedule(attributes, spec, found.scheduling);
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    const { spec } = attributes.object as Mutable<Pod>;
    const found = await this.#classOf(attributes, spec);
    const { overhead } = found ?? {};
    if (overhead === undefined) {
      if (spec.overhead !== undefined) throw admissionForbidden(attributes, OVERHEAD_UNDEFINED);
    } else if (!sameAmounts(amountsOf(spec.overhead), amountsOf(overhead.podFixed))) {
      throw admissionForbidden(attributes, OVERHEAD_DIFFERS);
    }
  }

  async #classOf(attributes: AdmissionAttributes, spec: PodSpec): Promise<Class | undefined> {
    const { runtimeClassName: name } = spec;
    if (name === undefined) return undefined;
    const found = await this.#classes.named('', name);
    if (found !== undefined) return found;
    const detail = `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`;
    throw admissionForbidden(attributes, detail);
  }
}

function schedule(
  attributes: AdmissionAttributes,
  spec: Mutable<PodSpec>,
  { nodeSelector = {}, tolerations = [] }: NonNullable<Class['scheduling']>,
): void {
  const selector = { ...spec.nodeSelector };
  for (const [key, value] of Object.entries(nodeSelector)) {
    const own = Object.hasOwn(selector, key) ? selector[key] : undefined;
    if (own !== undefined && own !== value)
      throw admissionForbidden(
        attributes,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; ` +
          `pod.spec.nodeSelector[${key}] = ${own}`,
      );
    selector[key] = value;
  }
  if (Object.keys(selector).length > 0) spec.nodeSelector = selector;
  const merged = mergeTolerations(spec.tolerations ?? [], tolerations);
  if (merged.length > 0) spec.tolerations = merged.map((toleration) => ({ ...toleration }));
}
