import type { Mutable } from '../../api/meta.ts';
import { notSupported } from '../../api/field-errors.ts';
import type { Pod, PodSpec } from '../../api/types/core-v1.ts';
import { type AdmissionAttributes, type AdmissionPlugin, admissionForbidden } from './admission.ts';

const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** Nobody runs an image that another one's secret has brought to the node. */
export const alwaysPullImages: AdmissionPlugin = {
  name: 'AlwaysPullImages',

  handles({ operation, type, subresource, object, oldObject }: AdmissionAttributes): boolean {
    if (type.group !== '' || type.resource !== 'pods') return false;
    if (subresource !== '' && subresource !== 'ephemeralcontainers') return false;
    if (operation === 'CREATE') return true;
    return operation === 'UPDATE' && hasNewImages(object as Mutable<Pod>, oldObject as Pod);
  },

  mutate({ object }: AdmissionAttributes): void {
    const spec = (object as Mutable<Pod>).spec as Mutable<PodSpec> | undefined;
    for (const list of lists)
      for (const container of spec?.[list] ?? []) container.imagePullPolicy = 'Always';
    for (const volume of spec?.volumes ?? [])
      if (volume.image !== undefined) volume.image.pullPolicy = 'Always';
  },

  validate(attributes: AdmissionAttributes): void {
    const { spec } = attributes.object as Mutable<Pod>;
    for (const list of lists)
      (spec[list] ?? []).forEach((container, i) => {
        if (container.imagePullPolicy === 'Always') return;
        const field = `spec.${list}[${i}].imagePullPolicy`;
        const error = notSupported(field, container.imagePullPolicy, ['Always']);
        throw admissionForbidden(attributes, `${error.field}: ${error.message}`);
      });
  },
};

function hasNewImages(pod: Pod, old: Pod): boolean {
  const imagesOf = ({ spec }: Pod): Set<string | undefined> =>
    new Set(lists.flatMap((list) => (spec[list] ?? []).map(({ image }) => image)));
  const before = imagesOf(old);
  return [...imagesOf(pod)].some((image) => !before.has(image));
}
