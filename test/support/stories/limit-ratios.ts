/** All that a LimitRange says of pods that exceed it: minima, maxima, ratios, of containers and pods. */
import { core, namespace, pod, TRY } from './admission.ts';
import { given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

const PODS = core('ratios', 'pods');
const container = (name: string, limits: Json, requests: Json): Json => ({
  ...{ name, image: 'i', resources: { limits, requests } },
});
const tried = (containers: readonly Json[], more: Json = {}): Step => ({
  ask: `POST ${PODS}${TRY}`,
  body: pod(containers, more),
  shows: ['spec.containers', 'spec.initContainers', 'metadata.annotations'],
});

const GPU = 'example.com/gpu';
const limits = [
  {
    type: 'Container',
    max: { cpu: '2', memory: '1Gi', 'ephemeral-storage': '2Gi', [GPU]: '2' },
    min: { cpu: '100m', memory: '10Mi', 'ephemeral-storage': '1Mi' },
    maxLimitRequestRatio: { cpu: '2', memory: '1.5' },
  },
  {
    type: 'Pod',
    max: { cpu: '3', memory: '1Gi' },
    min: { cpu: '300m', memory: '64Mi' },
    maxLimitRequestRatio: { cpu: '1.5', memory: '2' },
  },
  {
    type: 'PersistentVolumeClaim',
    max: { storage: '2Gi' },
    min: { storage: '1Gi' },
  },
];

const all = { cpu: '1', memory: '100Mi', 'ephemeral-storage': '1Gi' };
const claim = (limit: string | undefined, request: string | undefined): Step => ({
  ask: `POST ${core('ratios', 'persistentvolumeclaims')}${TRY}`,
  body: {
    metadata: { name: 'c' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: {
        ...(limit && { limits: { storage: limit } }),
        ...(request && { requests: { storage: request } }),
      },
    },
  },
  shows: ['spec.resources'],
});

export const limitRatios: Story = {
  title: 'limits: ratios, minima and maxima',
  steps: [
    namespace('ratios'),
    given(`POST ${core('ratios', 'limitranges')}`, { metadata: { name: 'a' }, spec: { limits } }),
    { ...given(`POST ${PODS}${TRY}`, pod([container('c', { cpu: '9' }, {})])), until: 403 },
    tried([container('c', {}, {})]),
    tried([container('c', all, all)]),
    tried([container('c', { ...all, cpu: '2' }, { ...all, cpu: '900m' })]),
    tried([container('c', { ...all, cpu: '2' }, { ...all, cpu: '1' })]),
    tried([container('c', { ...all, cpu: '2' }, { ...all, cpu: '0' })]),
    tried([container('c', { ...all, memory: '100Mi' }, { ...all, memory: '60Mi' })]),
    tried([container('c', { ...all, memory: '90Mi' }, { ...all, memory: '60Mi' })]),
    tried([container('c', { ...all, memory: '600Mi' }, { ...all, memory: '600Mi' })]),
    tried([container('c', { ...all, memory: '1Mi' }, { ...all, memory: '1Mi' })]),
    tried([container('c', { ...all, 'ephemeral-storage': '3Gi' }, all)]),
    tried([container('c', { ...all, [GPU]: '3' }, { ...all, [GPU]: '3' })]),
    tried([container('c', { ...all, [GPU]: '1' }, { ...all, [GPU]: '1' })]),
    tried([container('c', { cpu: '1' }, { memory: '100Mi' })]),
    tried([container('c', {}, all)]),
    tried([container('c', all, {})]),
    tried([
      container('c', all, all),
      container('d', { ...all, cpu: '50m' }, { ...all, cpu: '50m' }),
    ]),
    tried(['c', 'd', 'e', 'f'].map((name) => container(name, all, all))),
    tried([container('c', all, all)], {
      initContainers: [container('i', { cpu: '9' }, { cpu: '9' })],
    }),
    tried([container('c', all, all)], {
      initContainers: [
        { ...container('s', { ...all, cpu: '2' }, { ...all, cpu: '2' }), restartPolicy: 'Always' },
        container('i', { ...all, cpu: '2' }, { ...all, cpu: '2' }),
      ],
    }),
    tried([container('c', all, all)], { overhead: { cpu: '5' } }),
    tried([container('c', all, all)], {
      resources: { limits: { cpu: '5' }, requests: { cpu: '5' } },
    }),
    tried([container('c', { ...all, cpu: '999m' }, { ...all, cpu: '334m' })]),
    tried([container('c', { ...all, cpu: '1e3' }, { ...all, cpu: '1m' })]),
    claim(undefined, '3Gi'),
    claim(undefined, '1Mi'),
    claim('2Gi', '1Gi'),
    claim('1Gi', '1Gi'),
    claim('3Gi', '2Gi'),
    // What is there already is not judged again, but when it grows.
    given(`POST ${PODS}`, { ...pod([container('c', all, all)]), metadata: { name: 'there' } }),
    given(`PATCH ${core('ratios', 'limitranges')}/a`, {
      spec: { limits: [{ type: 'Container', max: { cpu: '500m' } }] },
    }),
    { ...tried([container('c', all, all)]), until: 403 },
    {
      ask: `PATCH ${PODS}/there${TRY}`,
      body: { metadata: { labels: { a: 'b' } } },
      shows: ['metadata.labels'],
    },
    given(`PATCH ${core('ratios', 'limitranges')}/a`, { metadata: { labels: { a: 'b' } } }),
    {
      ask: `PATCH ${core('ratios', 'limitranges')}/a`,
      body: { spec: { limits: [{ type: 'Container', max: { cpu: '1' }, min: { cpu: '2' } }] } },
      shows: ['spec'],
    },
  ],
};
