/** What is odd about objects that make pods from a template, and are taken all the same. */
import type { KubernetesObject } from '../../../../api/meta.ts';
import type { PodTemplateSpec } from '../../../../api/types/core-v1.ts';
import { oddPodName, podWarnings } from '../pod/warnings.ts';

type Templated = KubernetesObject & { readonly spec?: { readonly template?: PodTemplateSpec } };

/** A change of it is counted. */
export const isChanged = ({ metadata }: KubernetesObject, old: KubernetesObject): boolean =>
  metadata.generation !== old.metadata.generation;

export function templateWarnings(object: Templated, old?: Templated): string[] {
  if (old !== undefined && !isChanged(object, old)) return [];
  return podWarnings(object.spec?.template ?? {}, 'spec.template');
}

/** Of kinds whose pods are named by them. */
export function namingWarnings(object: Templated, old?: Templated): string[] {
  return [
    ...(old === undefined ? oddPodName(object.metadata.name) : []),
    ...templateWarnings(object, old),
  ];
}
