import type { KubernetesObject, Mutable } from '../../../../api/meta.ts';
import type { Container, Pod } from '../../../../api/types/core-v1.ts';
import type { Subresource } from '../../declaration.ts';
import { validatePodResize } from './validation-resize.ts';

/** Resources of the containers, and what a change of them means; the rest stays as it was. */
export const resize: Subresource<Pod> = {
  name: 'resize',
  verbs: ['get', 'update', 'patch'],
  owns: ['spec'],
  write(sent: KubernetesObject, parent) {
    const { spec, metadata } = sent as Pod;
    const { resourceVersion } = metadata;
    const containers = resized(spec?.containers, parent.spec.containers);
    const initContainers = resized(spec?.initContainers, parent.spec.initContainers);
    return {
      ...parent,
      metadata: { ...parent.metadata, ...(resourceVersion && { resourceVersion }) },
      spec: {
        ...parent.spec,
        containers: containers ?? [],
        ...(initContainers === undefined ? {} : { initContainers }),
      },
    } as Mutable<Pod>;
  },
  validateUpdate: validatePodResize,
};

/** Lists that do not match are left as they were sent: the validation says what is wrong. */
function resized(
  sent: readonly Container[] | undefined,
  stored: readonly Container[] | undefined,
): readonly Container[] | undefined {
  if (sent === undefined || stored === undefined || sent.length !== stored.length) return sent;
  if (sent.some(({ name }, i) => name !== stored[i]!.name)) return sent;
  return stored.map(({ resources: _old, resizePolicy: _policy, ...container }, i) => {
    const { resources, resizePolicy } = sent[i]!;
    return {
      ...container,
      ...(resources === undefined ? {} : { resources }),
      ...(resizePolicy === undefined ? {} : { resizePolicy }),
    };
  });
}
