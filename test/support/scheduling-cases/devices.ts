/** Pods that wait for devices. */
import { node, nodes, object, pod, type SchedulingCase } from './case.ts';

const group = 'resource.k8s.io/v1';
const gpu = object(group, 'DeviceClass', {
  name: 'gpu',
  spec: { selectors: [{ cel: { expression: 'device.driver == "gpu.example.com"' } }] },
});
const slice = (nodeName: string, devices: readonly string[]) =>
  object(group, 'ResourceSlice', {
    name: `slice-${nodeName}`,
    spec: {
      ...{ driver: 'gpu.example.com', nodeName },
      pool: { name: nodeName, generation: 1, resourceSliceCount: 1 },
      devices: devices.map((name) => ({ name })),
    },
  });
const claim = (name: string, request: object = {}) =>
  object(group, 'ResourceClaim', {
    name,
    spec: {
      devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', ...request } }] },
    },
  });
const uses = (...names: string[]) => ({
  resourceClaims: names.map((name) => ({ name, resourceClaimName: name })),
});

export const deviceCases: readonly SchedulingCase[] = [
  {
    name: 'a resource claim that is not there',
    untold: ['p'],
    steps: [[...nodes(2), pod('p', uses('c'))]],
  },
  {
    name: 'a resource claim of a template that is not there yet',
    untold: ['p'],
    steps: [
      [node('n1'), pod('p', { resourceClaims: [{ name: 'c', resourceClaimTemplateName: 't' }] })],
    ],
  },
  {
    name: 'a device class that is not there',
    steps: [[node('n1'), claim('c')], [pod('p', uses('c'))]],
  },
  { name: 'no devices at all', steps: [[...nodes(2), gpu, claim('c')], [pod('p', uses('c'))]] },
  {
    name: 'a device on one of the nodes',
    steps: [
      [...nodes(3), gpu, slice('n2', ['a']), claim('c'), claim('d')],
      [pod('p', uses('c'))],
      [pod('q', uses('d'))],
      [pod('far', { ...uses('c'), nodeSelector: { 'kubernetes.io/hostname': 'n1' } })],
    ],
  },
  {
    name: 'devices that a selector cannot judge',
    steps: [
      [
        ...[node('n1'), gpu, slice('n1', ['a'])],
        claim('c', {
          selectors: [{ cel: { expression: 'device.attributes["gpu.example.com"].size > 1' } }],
        }),
      ],
      [pod('p', uses('c'))],
    ],
  },
  {
    name: 'more devices than a node has, and all of a node that has none',
    steps: [
      [
        ...[...nodes(2), gpu, slice('n1', ['a', 'b'])],
        ...[claim('c', { count: 3 }), claim('d', { allocationMode: 'All' })],
      ],
      [pod('p', uses('c'))],
      [pod('q', { ...uses('d'), nodeSelector: { 'kubernetes.io/hostname': 'n2' } })],
    ],
  },
];
