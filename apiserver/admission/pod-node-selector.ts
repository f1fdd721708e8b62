import type { Mutable } from '../../api/meta.ts';
import { statusError } from '../../api/status.ts';
import type { Namespace, Pod, PodSpec } from '../../api/types/core-v1.ts';
import { isAbout } from './about.ts';
import { type AdmissionAttributes, admissionForbidden, type AdmissionPlugin } from './admission.ts';
import type { Lookup } from './lookups.ts';

const ANNOTATION = 'scheduler.alpha.kubernetes.io/node-selector';
const CONFLICT = 'pod node label selector conflicts with its namespace node label selector';

type Labels = Readonly<Record<string, string>>;

/** "a=b,c=d", as Kubernetes reads it: other operators are no labels. */
function labelsOf(text: string): Labels {
  const labels: Record<string, string> = {};
  for (const term of text.split(',').filter((each) => each.trim() !== '')) {
    const [key = '', value, ...more] = term.split('=');
    if (value === undefined || more.length > 0)
      throw statusError('InternalError', `Internal error occurred: invalid selector: ${term}`);
    labels[key.trim()] = value.trim();
  }
  return labels;
}

/**
 * Pods of a namespace run only on the nodes that the namespace's annotation names. Kubernetes
 * also reads defaults and a white list from a configuration file, which is not read here.
 */
export class PodNodeSelector implements AdmissionPlugin {
  readonly name = 'PodNodeSelector';
  readonly #namespaces: Lookup<Namespace>;

  constructor(namespaces: Lookup<Namespace>) {
    this.#namespaces = namespaces;
  }

  handles(attributes: AdmissionAttributes): boolean {
    return attributes.operation === 'CREATE' && isAbout(attributes, 'pods');
  }

  async mutate(attributes: AdmissionAttributes): Promise<void> {
    const spec = (attributes.object as Mutable<Pod>).spec as Mutable<PodSpec> | undefined;
    const selector = await this.#selectorOf(attributes.namespace);
    if (spec === undefined || Object.keys(selector).length === 0) return;
    refuseConflict(attributes, selector, spec.nodeSelector);
    spec.nodeSelector = { ...selector, ...spec.nodeSelector };
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    const { spec } = attributes.object as Mutable<Pod>;
    const selector = await this.#selectorOf(attributes.namespace);
    refuseConflict(attributes, selector, spec?.nodeSelector);
  }

  async #selectorOf(name: string): Promise<Labels> {
    const namespace = await this.#namespaces.named('', name);
    const text = namespace?.metadata.annotations?.[ANNOTATION] ?? '';
    return text === '' ? {} : labelsOf(text);
  }
}

function refuseConflict(attributes: AdmissionAttributes, selector: Labels, own: Labels = {}): void {
  const conflict = Object.entries(selector).some(
    ([key, value]) => own[key] !== undefined && own[key] !== value,
  );
  if (conflict) throw admissionForbidden(attributes, CONFLICT);
}
