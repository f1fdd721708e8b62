import type { Mutable } from '../../api/meta.ts';
import type { Ingress, IngressClass } from '../../api/types/networking-v1.ts';
import { isCreateOf } from './about.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';
import { defaultClass } from './default-class.ts';
import type { Lookup } from './lookups.ts';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const DEFAULT_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class';

/** An Ingress that names no class gets the default one, if there is one. */
export class DefaultIngressClass implements AdmissionPlugin {
  readonly name = 'DefaultIngressClass';
  readonly #classes: Lookup<IngressClass>;

  constructor(classes: Lookup<IngressClass>) {
    this.#classes = classes;
  }

  handles(attributes: AdmissionAttributes): boolean {
    return isCreateOf(attributes, 'ingresses.networking.k8s.io');
  }

  async mutate({ object }: AdmissionAttributes): Promise<void> {
    const ingress = object as Mutable<Ingress>;
    if (ingress.spec?.ingressClassName !== undefined) return;
    if (ingress.metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return;
    const standard = defaultClass(await this.#classes.known(''), [DEFAULT_ANNOTATION]);
    if (standard !== undefined)
      ingress.spec = { ...ingress.spec, ingressClassName: standard.metadata.name! };
  }
}
