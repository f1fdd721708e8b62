import { describe, expect, it } from 'vitest';
import {
  definitionOf,
  definitionsOf,
  moduleNames,
  resolve,
  resourceFacts,
  type TypeRef,
} from './table.ts';

describe('schema tables', () => {
  it('parses type expressions', () => {
    const spec = definitionOf({ group: 'apps', version: 'v1', kind: 'Deployment' })!;
    expect(spec.fields.get('spec')!.type).toEqual({
      shape: 'message',
      name: 'apps-v1.DeploymentSpec',
    });
    const pod = definitionOf({ group: '', version: 'v1', kind: 'Pod' })!;
    const podSpec = resolve(pod.fields.get('spec')!.type as never);
    expect(podSpec.fields.get('containers')).toMatchObject({
      type: { shape: 'list', of: { shape: 'message', name: 'core-v1.Container' } },
      mergeKey: 'name',
      patchStrategy: 'merge',
      required: true,
    });
    expect(podSpec.fields.get('nodeSelector')!.type).toEqual({
      shape: 'map',
      of: { shape: 'scalar', scalar: 'string' },
    });
  });

  it('resolves every type that any table names', () => {
    const check = (type: TypeRef): void => {
      if (type.shape === 'message') expect(resolve(type).name).not.toBe('');
      else if (type.shape !== 'scalar') check(type.of);
    };
    for (const module of moduleNames()) {
      for (const definition of definitionsOf(module)) {
        for (const field of definition.fields.values()) check(field.type);
      }
    }
  });

  it('knows the kind of every served resource, under its full group name', () => {
    for (const { group, version, kind } of resourceFacts()) {
      expect(definitionOf({ group, version, kind })?.kind, `${group}/${version} ${kind}`).toEqual({
        group,
        version,
        kind,
      });
    }
  });

  it('finds DeleteOptions in every group and nothing that is not a kind', () => {
    expect(definitionOf({ group: 'apps', version: 'v1', kind: 'DeleteOptions' })).toBeDefined();
    expect(definitionOf({ group: '', version: 'v1', kind: 'Status' })).toBeDefined();
    expect(definitionOf({ group: '', version: 'v1', kind: 'PodSpec' })).toBeUndefined();
    expect(definitionOf({ group: 'apps', version: 'v1', kind: 'Status' })).toBeUndefined();
    expect(definitionOf({ group: 'x', version: 'v1', kind: 'Pod' })).toBeUndefined();
    expect(definitionOf({ group: '', version: 'v1', kind: 'constructor' })).toBeUndefined();
  });
});
