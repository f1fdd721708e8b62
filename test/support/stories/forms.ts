/** Objects, lists and scales asked for in forms that are not for them. */
import { core, namespace, pod } from './admission.ts';
import { DEFINITIONS } from './definitions.ts';
import { given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

const GROUP = 'forms.story.example.com';
const SCALED = `/apis/${GROUP}/v1/namespaces/forms/scaled`;
const replicas = { type: 'object', properties: { replicas: { type: 'integer' } } };
const definition: Json = {
  metadata: { name: `scaled.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { plural: 'scaled', kind: 'Scaled' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: 'object', properties: { spec: replicas, status: replicas } },
        },
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
        },
      },
    ],
  },
};

const containers = [{ name: 'c', image: 'i' }];
const labels = { a: 'b' };
const deployment = {
  metadata: { name: 'one' },
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers } },
  },
};
const DEPLOYMENTS = '/apis/apps/v1/namespaces/forms/deployments';

const PLACES = [
  ...[SCALED, `${SCALED}/one`, `${SCALED}/one/scale`, `${SCALED}/one/status`],
  ...[DEPLOYMENTS, `${DEPLOYMENTS}/one`, `${DEPLOYMENTS}/one/scale`],
  ...[core('forms', 'pods'), `${core('forms', 'pods')}/p`],
];
const FORMS = ['PartialObjectMetadata', 'PartialObjectMetadataList', 'Unheard'];

const told = (place: string, as: string, version = 'v1'): Step => ({
  ask: `GET ${place}`,
  accept: `application/json;as=${as};g=meta.k8s.io;v=${version}`,
  shows: ['kind', 'apiVersion', 'metadata.name'],
});

export const formStories: readonly Story[] = [
  {
    title: 'forms: metadata of what has another',
    steps: [
      namespace('forms'),
      given(`POST ${DEFINITIONS}`, definition),
      {
        ...given(`POST ${SCALED}`, {
          apiVersion: `${GROUP}/v1`,
          kind: 'Scaled',
          metadata: { name: 'one' },
          spec: { replicas: 1 },
        }),
        until: 201,
      },
      given(`POST ${DEPLOYMENTS}`, deployment),
      given(`POST ${core('forms', 'pods')}`, pod(containers)),
      ...PLACES.flatMap((place) => FORMS.map((as) => told(place, as))),
      ...PLACES.map((place) => told(place, 'PartialObjectMetadata', 'v1beta1')),
      ...PLACES.map((place) => told(place, 'Table', 'v9')),
    ],
  },
];
