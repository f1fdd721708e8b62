import { groupResource } from '../../api/resource.ts';
import type { AdmissionAttributes } from './admission.ts';

/** True for an object of "pods", "ingresses.networking.k8s.io" itself, not a part of it. */
export function isAbout({ type, subresource }: AdmissionAttributes, resource: string): boolean {
  return subresource === '' && groupResource(type) === resource;
}

export function isCreateOf(attributes: AdmissionAttributes, resource: string): boolean {
  return attributes.operation === 'CREATE' && isAbout(attributes, resource);
}

/** A pod that stands for one that a node got from elsewhere. */
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';
