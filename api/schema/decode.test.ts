import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepFreeze } from '../deep.ts';
import { isStatus } from '../status.ts';
import { base64Fault } from './go-json.ts';
import { decodeObject, type DecodeOptions, type FieldValidation } from './decode.ts';
import { StructuralDecoder } from './structural-decoder.ts';
import { definitionOf, type GroupVersionKind, type TypeRef, resolve } from './table.ts';
import { compileValidator } from './validators.ts';

const pod: GroupVersionKind = { group: '', version: 'v1', kind: 'Pod' };
const deployment: GroupVersionKind = { group: 'apps', version: 'v1', kind: 'Deployment' };
const configMap: GroupVersionKind = { group: '', version: 'v1', kind: 'ConfigMap' };

function failure(
  kind: GroupVersionKind,
  value: unknown,
  options: FieldValidation | DecodeOptions = 'Warn',
): string {
  try {
    decodeObject(kind, value, options);
  } catch (error) {
    if (isStatus(error, 'BadRequest')) return error.message;
    throw error;
  }
  return 'no failure';
}

const handled = 'Deployment in version "v1" cannot be handled as a Deployment: ';

describe('decodeObject', () => {
  it('gives a fresh object and leaves the input alone', () => {
    const input = deepFreeze({ metadata: { name: 'a', creationTimestamp: null }, spec: {} });
    const { object, warnings } = decodeObject(pod, input, 'Strict');
    expect(object).toEqual({ metadata: { name: 'a' }, spec: {} });
    expect(warnings).toEqual([]);
    expect(object['metadata']).not.toBe(input.metadata);
  });

  it('drops and reports unknown fields, by case and by path', () => {
    const value = {
      Spec: {},
      spec: { containers: [{ name: 'a' }, { name: 'b', foo: 1, ports: [{ Port: 1 }] }] },
      metadata: { labels: { any: 'thing' }, bar: {} },
    };
    const paths = [
      'unknown field "Spec"',
      'unknown field "spec.containers[1].foo"',
      'unknown field "spec.containers[1].ports[0].Port"',
      'unknown field "metadata.bar"',
    ];
    const { object, warnings } = decodeObject(pod, value, 'Warn');
    expect(warnings).toEqual(paths);
    expect(object).toEqual({
      spec: { containers: [{ name: 'a' }, { name: 'b', ports: [{}] }] },
      metadata: { labels: { any: 'thing' } },
    });
    expect(decodeObject(pod, value, 'Ignore').warnings).toEqual([]);
    expect(failure(pod, value, 'Strict')).toBe(
      `Pod in version "v1" cannot be handled as a Pod: strict decoding error: ${paths.join(', ')}`,
    );
  });

  it('reports duplicates that the parser found', () => {
    const options = { mode: 'Strict', duplicates: ['duplicate field "spec.replicas"'] } as const;
    expect(failure(deployment, { spec: { x: 1 } }, options)).toBe(
      `${handled}strict decoding error: duplicate field "spec.replicas", unknown field "spec.x"`,
    );
    const warn = decodeObject(deployment, {}, { ...options, mode: 'Warn' });
    expect(warn.warnings).toEqual(['duplicate field "spec.replicas"']);
  });

  // As Kubernetes' conformance test of field validation has it.
  it('tells of what is unknown and given twice in the order of the body', () => {
    const duplicates = ['spec.replicas', 'spec.y.z'].map((path) => `duplicate field "${path}"`);
    const options = { mode: 'Strict', duplicates } as const;
    const value = { spec: { x: 1, replicas: 2, y: { z: 1 } } };
    expect(failure(deployment, value, options)).toBe(
      `${handled}strict decoding error: unknown field "spec.x", ` +
        'duplicate field "spec.replicas", unknown field "spec.y"',
    );
  });

  const container = (more: object): object => ({
    spec: { template: { spec: { containers: [{ name: 'a', ...more }] } } },
  });
  it.each([
    [
      { spec: { replicas: 'x' } },
      'string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      { spec: { replicas: 1.5 } },
      'number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      { spec: { replicas: 2 ** 31 } },
      'number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [{ spec: [] }, 'array into Go struct field Deployment.spec of type v1.DeploymentSpec'],
    [
      { metadata: { labels: { a: true } } },
      'bool into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      { metadata: { labels: 'a' } },
      'string into Go struct field ObjectMeta.metadata.labels of type map[string]string',
    ],
    [
      container({ env: [{ name: 'A', value: 1 }] }),
      'number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
    ],
    [
      container({ ports: {} }),
      'object into Go struct field Container.spec.template.spec.containers.ports of type []v1.ContainerPort',
    ],
    [
      container({ args: ['a', 2] }),
      'number into Go struct field Container.spec.template.spec.containers.args of type string',
    ],
    [
      container({ tty: 'yes' }),
      'string into Go struct field Container.spec.template.spec.containers.tty of type bool',
    ],
    [
      { spec: { strategy: { rollingUpdate: { maxSurge: true } } } },
      'bool into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32',
    ],
    [
      { metadata: { creationTimestamp: 5 } },
      'number into Go struct field ObjectMeta.metadata.creationTimestamp of type string',
    ],
  ])('refuses %j', (value, message) => {
    expect(failure(deployment, value)).toBe(`${handled}json: cannot unmarshal ${message}`);
  });

  it('reports the first mismatch of the document', () => {
    const value = { metadata: { name: 1 }, spec: { replicas: 'x' } };
    expect(failure(deployment, value)).toContain('ObjectMeta.metadata.name of type string');
  });

  it.each([
    ['x', 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'],
    [
      '2026-11-21',
      'parsing time "2026-11-21" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"',
    ],
    ['2026-13-21T00:00:00Z', 'parsing time "2026-13-21T00:00:00Z": month out of range'],
    ['2026-02-30T00:00:00Z', 'parsing time "2026-02-30T00:00:00Z": day out of range'],
    ['2026-02-03T25:00:00Z', 'parsing time "2026-02-03T25:00:00Z": hour out of range'],
    [
      '2026-02-03T00:00:00',
      'parsing time "2026-02-03T00:00:00" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"',
    ],
    ['2026-02-03T00:00:00Zz', 'parsing time "2026-02-03T00:00:00Zz": extra text: "z"'],
  ])('refuses the time %j', (time, message) => {
    expect(failure(deployment, { metadata: { creationTimestamp: time } })).toBe(handled + message);
  });

  it('brings times to UTC and quantities to canonical form', () => {
    const metadata = { creationTimestamp: '2026-11-21T04:08:00.9+02:00' };
    expect(decodeObject(pod, { metadata }, 'Warn').object).toEqual({
      metadata: { creationTimestamp: '2026-11-21T02:08:00Z' },
    });
    const spec = { renewTime: '2026-11-21T04:08:00.123456-01:00' };
    const lease = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' };
    expect(decodeObject(lease, { spec }, 'Warn').object).toEqual({
      spec: { renewTime: '2026-11-21T05:08:00.123456Z' },
    });
    const limits = { cpu: 0.5, memory: '1024Mi', pods: 3 };
    const resources = { limits };
    expect(decodeObject(pod, { spec: { containers: [{ resources }] } }, 'Warn').object).toEqual({
      spec: { containers: [{ resources: { limits: { cpu: '500m', memory: '1Gi', pods: '3' } } }] },
    });
    expect(failure(deployment, container({ resources: { limits: { cpu: 'x' } } }))).toBe(
      `${handled}quantities must match the regular expression ` +
        "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  });

  it('checks base64 of bytes', () => {
    const secret = { group: '', version: 'v1', kind: 'Secret' };
    expect(failure(secret, { data: { a: 'aGk=', b: 'a!' } })).toBe(
      'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 1',
    );
    expect(decodeObject(secret, { data: { a: 'aG\nk=' } }, 'Warn').object).toEqual({
      data: { a: 'aGk=' },
    });
  });

  it('keeps nulls in lists and maps as zero values, and leaves out what Go omits', () => {
    const value = {
      metadata: { labels: { a: null }, annotations: {}, finalizers: [] },
      data: null,
    };
    expect(decodeObject(configMap, value, 'Strict').object).toEqual({
      metadata: { labels: { a: '' } },
    });
    const list = { items: [], metadata: {} };
    expect(decodeObject({ ...configMap, kind: 'ConfigMapList' }, list, 'Strict').object).toEqual(
      list,
    );
  });

  it('bounds how deep a value may nest', () => {
    let props: object = {};
    for (let i = 0; i < 2000; i++) props = { not: props };
    const crd = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' };
    const versions = [{ schema: { openAPIV3Schema: props } }];
    expect(failure(crd, { spec: { versions } })).toContain('exceeded max depth');
    const raw = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown;
    const revision = { group: 'apps', version: 'v1', kind: 'ControllerRevision' };
    expect(failure(revision, { data: raw })).toContain('exceeded max depth');
  });

  it('refuses what is no object', () => {
    expect(failure(pod, [])).toContain(
      "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of",
    );
  });
});

describe('base64Fault', () => {
  it('finds no fault exactly where a strict decoder finds none', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9+/=!\n]{0,9}$/), (text) => {
        const clean = text.replace(/[\r\n]/g, '');
        const valid = clean.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(clean);
        expect(base64Fault(text) === undefined).toBe(valid);
      }),
      { numRuns: 2000 },
    );
    expect(base64Fault('abc')).toBe(0);
    expect(base64Fault('abcdefg')).toBe(4);
    expect(base64Fault('ab=')).toBe(3);
    expect(base64Fault('ab==c')).toBe(4);
    expect(base64Fault('a===')).toBe(1);
  });
});

/** Values of a type, sometimes with a fault: what clients send. */
function values(type: TypeRef, depth: number): fc.Arbitrary<unknown> {
  const good = (): fc.Arbitrary<unknown> => {
    switch (type.shape) {
      case 'list':
        return fc.array(values(type.of, depth - 1), { maxLength: 2 });
      case 'map':
        return fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), values(type.of, depth - 1), {
          maxKeys: 2,
        });
      case 'message': {
        const fields = [...resolve(type).fields.values()];
        const one = fc
          .constantFrom(...fields, { name: 'unknown', type })
          .chain((field) =>
            fc.tuple(
              fc.constant(field.name),
              depth <= 0 ? fc.constant({}) : values(field.type, depth - 1),
            ),
          );
        return fc.array(one, { maxLength: 4 }).map((entries) => Object.fromEntries(entries));
      }
      case 'scalar':
        return fc.constantFrom<unknown>(
          'text',
          '',
          'aGk=',
          '100m',
          '1000m',
          '2026-11-21T04:08:00Z',
          '2026-11-21T04:08:00.000000Z',
          7,
          -1.5,
          2 ** 40,
          true,
          { a: [null] },
        );
    }
  };
  return fc.oneof(
    { weight: 30, arbitrary: good() },
    { weight: 1, arbitrary: fc.constantFrom(null, 3, 'x', [], {}) },
  );
}

describe('the compiled fast path', () => {
  it.each([
    pod,
    deployment,
    configMap,
    { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' },
  ])('takes a value only if the structural decoder gives the same: $kind', async (kind) => {
    const definition = definitionOf(kind)!;
    const validate = await compileValidator(definition);
    const type = { shape: 'message', name: `${definition.module}.${kind.kind}` } as const;
    let taken = 0;
    fc.assert(
      fc.property(values(type, 6), (value) => {
        fc.pre(typeof value === 'object' && value !== null && !Array.isArray(value));
        if (!validate(value)) return;
        taken++;
        const decoder = new StructuralDecoder();
        expect(decoder.decode(definition, value as Record<string, unknown>)).toEqual(value);
        expect(decoder.unknownFields).toEqual([]);
      }),
      { numRuns: 400 },
    );
    expect(taken).toBeGreaterThan(10);
    const plain = {
      apiVersion: 'v1',
      kind: kind.kind,
      metadata: { name: 'a', labels: { x: 'y' } },
    };
    expect(validate(plain)).toBe(true);
    expect(decodeObject(kind, plain, 'Strict').object).toEqual(plain);
  });
});
