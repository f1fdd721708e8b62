import type { Mutable } from '../../api/meta.ts';
import { statusError } from '../../api/status.ts';
import type { Namespace, Pod, PodSpec } from '../../api/types/core-v1.ts';
import { isAbout } from './about.ts';
import { type AdmissionAttributes, admissionForbidden, type AdmissionPlugin } from './admission.ts';
import type { Lookup } from './lookups.ts';

const ANNOTATION = 'scheduler.alpha.kubernetes.io/node-selector';
const CONFLICT = 'pod node label selector conflicts with its namespace node label selector';

const NOT_LISTED = 'pod node label selector labels conflict with its namespace whitelist';

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

/** By namespace: which labels its pods may ask for at most. */
export interface NodeSelectors {
  /** Of namespaces without the annotation. */
  readonly clusterDefault: string;
  readonly byNamespace: ReadonlyMap<string, string>;
}

/** Pods of a namespace run only on the nodes that the namespace's annotation names. */
export class PodNodeSelector implements AdmissionPlugin {
  readonly name = 'PodNodeSelector';
  readonly #namespaces: Lookup<Namespace>;

  readonly #configured: NodeSelectors | undefined;

  constructor(namespaces: Lookup<Namespace>, configured?: NodeSelectors) {
    this.#namespaces = namespaces;
    this.#configured = configured;
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
    const allowed = this.#configured?.byNamespace.get(attributes.namespace);
    if (allowed === undefined || allowed.trim() === '') return;
    const labels = labelsOf(allowed);
    const outside = Object.entries(spec?.nodeSelector ?? {}).some(
      ([key, value]) => labels[key] !== value,
    );
    if (outside) throw admissionForbidden(attributes, NOT_LISTED);
  }

  async #selectorOf(name: string): Promise<Labels> {
    const namespace = await this.#namespaces.named('', name);
    const text =
      namespace?.metadata.annotations?.[ANNOTATION] ?? this.#configured?.clusterDefault ?? '';
    return text === '' ? {} : labelsOf(text);
  }
}

function refuseConflict(attributes: AdmissionAttributes, selector: Labels, own: Labels = {}): void {
  const conflict = Object.entries(selector).some(
    ([key, value]) => own[key] !== undefined && own[key] !== value,
  );
  if (conflict) throw admissionForbidden(attributes, CONFLICT);
}
