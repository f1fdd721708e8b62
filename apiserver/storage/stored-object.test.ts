import { describe, expect, it } from 'vitest';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { encodeProtobuf } from '../../api/protobuf/codec.ts';
import { configMaps } from '../../api/resources.ts';
import { ResourceCodec } from './resource-codec.ts';
import { StoredObject } from './stored-object.ts';

const codec = new ResourceCodec(configMaps);
const map = (): Mutable<KubernetesObject> =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x', namespace: 'd', resourceVersion: '4' },
    data: { text: 'é "quoted" 日本' },
  }) as Mutable<KubernetesObject>;

const textOf = (object: StoredObject): unknown =>
  JSON.parse(Buffer.from(object.bytes()).toString());

describe('a stored object', () => {
  it('carries the revision as resourceVersion in both forms', () => {
    const object = StoredObject.fromStore(codec, { value: codec.encode(map()), modRevision: 77 });
    const expected = map();
    expected.metadata.resourceVersion = '77';
    expect(object.value).toEqual(expected);
    expect(textOf(object)).toEqual(expected);
    expect(object.byteLength).toBe(object.bytes().length);
    expect(Object.isFrozen(object.value.metadata)).toBe(true);
  });

  it('is served without ever being decoded', () => {
    const object = StoredObject.fromStore(codec, { value: codec.encode(map()), modRevision: 77 });
    object.bytes();
    expect(object.decoded).toBe(false);
  });

  it.each([
    ['other order', '{"metadata":{"name":"x"},"kind":"ConfigMap","apiVersion":"v1"}'],
    ['white space', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{ "name":"x"}}'],
    ['no metadata', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{}}'],
  ])('reads what others wrote: %s', (_what, text) => {
    const object = StoredObject.fromStore(codec, { value: Buffer.from(text), modRevision: 9 });
    expect(textOf(object)).toMatchObject({ kind: 'ConfigMap', metadata: { resourceVersion: '9' } });
  });

  it('reads what kube-apiserver wrote', () => {
    const value = encodeProtobuf(map())!;
    const object = StoredObject.fromStore(codec, { value, modRevision: 9 });
    expect(textOf(object)).toMatchObject({ metadata: { name: 'x', resourceVersion: '9' } });
  });

  it('is the same state at its deletion, decoded or not', () => {
    const object = StoredObject.fromStore(codec, { value: codec.encode(map()), modRevision: 7 });
    const before = object.at(8);
    expect(object.value.metadata.resourceVersion).toBe('7');
    const after = object.at(8);
    for (const deleted of [before, after]) {
      expect(deleted.value).toEqual({
        ...object.value,
        metadata: { ...object.value.metadata, resourceVersion: '8' },
      });
      expect(textOf(deleted)).toEqual(deleted.value);
    }
  });
});
