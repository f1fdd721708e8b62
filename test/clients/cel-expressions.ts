/** Expressions that are judged by Kubernetes' CEL and by ours: `self` has a schema, `any` none. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const text = { type: 'string' };

export const schema = {
  type: 'object',
  properties: {
    name: { ...text, maxLength: 20 },
    note: text,
    replicas: { type: 'integer' },
    weight: { type: 'number' },
    enabled: { type: 'boolean' },
    when: { ...text, format: 'date-time' },
    day: { ...text, format: 'date' },
    timeout: { ...text, format: 'duration' },
    blob: { ...text, format: 'byte' },
    mode: { ...text, enum: ['fast', 'slow'] },
    ports: { type: 'array', maxItems: 10, items: { type: 'integer' } },
    names: { type: 'array', maxItems: 10, items: { ...text, maxLength: 30 } },
    tags: {
      type: 'array',
      maxItems: 5,
      'x-kubernetes-list-type': 'set',
      items: { ...text, maxLength: 10 },
    },
    servers: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['id'],
      maxItems: 8,
      items: {
        type: 'object',
        required: ['id'],
        properties: { id: { ...text, maxLength: 8 }, port: { type: 'integer' } },
      },
    },
    labels: { type: 'object', maxProperties: 10, additionalProperties: { ...text, maxLength: 20 } },
    counts: { type: 'object', additionalProperties: { type: 'integer' } },
    open: { type: 'array', items: text },
    port: { 'x-kubernetes-int-or-string': true },
    loose: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    inner: {
      type: 'object',
      nullable: true,
      properties: { 'a-b': text, 'c.d/e': text, for: text, x__y: text, missing: text },
    },
  },
} as const;

export const self = {
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name: 'thing' },
  name: 'web',
  note: 'a naïve 😀 note',
  replicas: 3,
  weight: 1.5,
  enabled: true,
  when: '2024-02-29T12:30:45.123456789Z',
  day: '2024-02-29',
  timeout: '1h30m',
  blob: 'aGVsbG8=',
  mode: 'fast',
  ports: [80, 443, 8080],
  names: ['b', 'a', 'c'],
  tags: ['x', 'y'],
  servers: [
    { id: 'one', port: 1 },
    { id: 'two', port: 2 },
  ],
  labels: { app: 'web', tier: 'front' },
  counts: { a: 1, b: 2 },
  open: ['p', 'q', 'r'],
  port: 80,
  loose: {},
  inner: { 'a-b': '1', 'c.d/e': '2', for: '3', x__y: '4' },
};

export const any = {
  n: 1,
  f: 1.5,
  big: 9007199254740991,
  s: 'text',
  b: true,
  z: null,
  l: [1, 'a', null, [2]],
  o: { p: { q: 'deep' } },
  'odd-name': 1,
};

const file = join(import.meta.dirname, 'cel-go', 'expressions.txt');

export const expressions: readonly string[] = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
