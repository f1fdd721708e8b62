import { expect, it } from 'vitest';
import { SchemaNode } from '../structural/schema.ts';
import { customMergeTypes } from '../structural/merge-type.ts';
import { withAtoms } from './atoms.ts';

const ports = (listType: object) => ({
  type: 'array',
  items: { type: 'object', properties: { name: { type: 'string' }, port: { type: 'integer' } } },
  ...listType,
});
const typeOf = (listType: object) => {
  const spec = {
    type: 'object',
    properties: { ports: ports(listType), size: { type: 'integer' } },
  };
  return customMergeTypes(new SchemaNode({ type: 'object', properties: { spec } })).tracked;
};
const keyed = typeOf({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] });
const atomic = typeOf({ 'x-kubernetes-list-type': 'atomic' });
const parts = { 'f:ports': { 'k:{"name":"a"}': { '.': {}, 'f:port': {} } }, 'f:size': {} };

it('who owned parts of a list that is atomic by now owns the list', () => {
  const set = { 'f:spec': parts };
  const whole = { 'f:spec': { 'f:ports': {}, 'f:size': {} } };
  expect(withAtoms(atomic, set)).toEqual(whole);
  expect(withAtoms(atomic, set)).toBe(withAtoms(atomic, set));
});

it('what the schema says still stays as it is', () => {
  const set = { 'f:spec': parts };
  expect(withAtoms(keyed, set)).toBe(set);
  const whole = { 'f:spec': { 'f:ports': {} } };
  expect(withAtoms(keyed, whole)).toBe(whole);
});
