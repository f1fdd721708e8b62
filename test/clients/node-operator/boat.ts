import type { KubernetesObject, V1CustomResourceDefinition } from '@kubernetes/client-node';

export interface Boat extends KubernetesObject {
  readonly spec: { readonly seats: number; readonly color?: string };
  readonly status?: { readonly ready: boolean };
}

export const group = 'harbour.example.com';
export const kind = 'Boat';
export const plural = 'boats';
export const version = 'v1';
export const apiVersion = `${group}/${version}`;

export const definition: V1CustomResourceDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    ...{ group, scope: 'Namespaced', names: { kind, plural, singular: 'boat' } },
    versions: [
      {
        ...{ name: version, served: true, storage: true, subresources: { status: {} } },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: {
              spec: {
                type: 'object',
                required: ['seats'],
                properties: {
                  seats: { type: 'integer', minimum: 1 },
                  color: { type: 'string' },
                },
              },
              status: { type: 'object', properties: { ready: { type: 'boolean' } } },
            },
          },
        },
      },
    ],
  },
};
