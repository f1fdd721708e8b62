import { describe, expect, it } from 'vitest';
import type { ObjectMeta } from '../types/meta-v1.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';

const rules = { namespaced: true, nameRule: 'subdomain' } as const;
const good: ObjectMeta = { name: 'web', namespace: 'default' };

const texts = (errors: readonly { field: string; message: string }[]): string[] =>
  errors.map((e) => `${e.field}: ${e.message}`);
const onCreate = (change: ObjectMeta): string[] =>
  texts(validateObjectMeta({ ...good, ...change }, rules));
const onUpdate = (metadata: ObjectMeta, old: ObjectMeta): string[] =>
  texts(validateObjectMetaUpdate(metadata, old));

describe('validateObjectMeta', () => {
  it('accepts a plain object', () => {
    expect(onCreate({ generateName: 'web-', finalizers: ['kubernetes', 'a.b/c'] })).toEqual([]);
  });

  it('wants a name and a namespace where there is one', () => {
    expect(texts(validateObjectMeta({}, rules))).toEqual([
      'metadata.name: Required value: name or generateName is required',
      'metadata.namespace: Required value',
    ]);
    expect(texts(validateObjectMeta(good, { ...rules, namespaced: false }))).toEqual([
      'metadata.namespace: Forbidden: not allowed on this type',
    ]);
  });

  it('checks finalizers', () => {
    expect(onCreate({ finalizers: ['orphan', 'foregroundDeletion'] })).toEqual([
      'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: ' +
        'finalizer orphan and foregroundDeletion cannot be both set',
    ]);
    expect(onCreate({ finalizers: ['mine'] })).toEqual([
      'metadata.finalizers[0]: Invalid value: "mine": ' +
        'name is neither a standard finalizer name nor is it fully qualified',
    ]);
  });

  it('checks owner references', () => {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'a', uid: 'u' };
    expect(onCreate({ ownerReferences: [owner] })).toEqual([]);
    expect(onCreate({ ownerReferences: [{ ...owner, uid: '', apiVersion: '' }] })).toEqual([
      'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
      'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
    ]);
    const two = [owner, { ...owner, name: 'b' }].map((o) => ({ ...o, controller: true }));
    expect(onCreate({ ownerReferences: two })[0]).toContain(
      'Only one reference can have Controller set to true. ' +
        'Found "true" in references for ReplicaSet/a and ReplicaSet/b',
    );
    const event = { ...owner, apiVersion: 'v1', kind: 'Event' };
    expect(onCreate({ ownerReferences: [event] })[0]).toContain(
      '/v1, Kind=Event is disallowed from being an owner',
    );
  });

  it('checks managedFields', () => {
    const managedFields = [{ operation: 'Merge', manager: 'a\u0007' }];
    expect(onCreate({ managedFields })).toEqual([
      'metadata.managedFields[0].operation: Invalid value: "Merge": must be `Apply` or `Update`',
      'metadata.managedFields[0].manager: Invalid value: "a\\u0007": ' +
        'invalid character U+0007 (at position 1)',
    ]);
  });
});

describe('validateObjectMetaUpdate', () => {
  const old: ObjectMeta = { ...good, uid: 'u1', generation: 3, creationTimestamp: 't' };

  it('lets a client leave out what the server owns', () => {
    expect(onUpdate(good, old)).toEqual([]);
  });

  it('refuses changes of identity', () => {
    expect(onUpdate({ ...old, name: 'x', uid: 'u2', generation: 2 }, old)).toEqual([
      'metadata.generation: Invalid value: 2: must not be decremented',
      'metadata.name: Invalid value: "x": field is immutable',
      'metadata.uid: Invalid value: "u2": field is immutable',
    ]);
    expect(onUpdate({ ...old, deletionTimestamp: 't' }, old)).toEqual([
      'metadata.deletionTimestamp: Invalid value: "t": field is immutable',
    ]);
  });

  it('refuses new finalizers once the object is being deleted', () => {
    const dying = { ...old, deletionTimestamp: 't', finalizers: ['a.b/c', 'a.b/d'] };
    expect(onUpdate({ ...dying, finalizers: ['a.b/c'] }, dying)).toEqual([]);
    expect(onUpdate({ ...dying, finalizers: ['z.b/c', 'a.b/c', 'b.b/c'] }, dying)).toEqual([
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being ' +
        'deleted, found new finalizers []string{"b.b/c", "z.b/c"}',
    ]);
  });
});
