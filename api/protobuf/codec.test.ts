import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText } from '../../platform/json-text.ts';
import { parseJson } from '../json.ts';
import { integerOf } from '../long-integer.ts';
import { decodeObject } from '../schema/decode.ts';
import {
  definitionNamed,
  definitionOf,
  definitionsOf,
  type Definition,
  type Field,
  moduleNames,
  resolve,
  type TypeRef,
} from '../schema/table.ts';
import { decodeProtobuf, encodeProtobuf } from './codec.ts';
import { decodeMessage } from './decode-message.ts';
import { encodeMessage } from './encode-message.ts';
import recorded from './fixtures/kubectl-1.33.json' with { type: 'json' };
import { MalformedProtobuf, WireReader, WireWriter } from './wire.ts';

const kindOf = (
  object: Record<string, unknown>,
): { group: string; version: string; kind: string } => {
  const [group, version] = `/${object['apiVersion'] as string}`.split('/').slice(-2);
  return { group: group!, version: version!, kind: object['kind'] as string };
};

/** What a stock kubectl 1.33 sent, and what the same command prints with -o json. */
describe('bodies recorded from kubectl', () => {
  it.each(recorded.map((r) => [r.command, r] as const))('%s', (_command, { hex, json }) => {
    const object = decodeProtobuf(Buffer.from(hex, 'hex'));
    const kind = kindOf(object);
    const decoded = decodeObject(kind, object, 'Strict').object;
    expect(decoded).toEqual(object);
    if (json !== undefined) {
      const { namespace: _default, ...metadata } = json.metadata as Record<string, unknown>;
      const printed = { ...json, metadata };
      expect(decodeObject(kind, printed, 'Strict').object).toEqual(decoded);
    }
    const again = encodeProtobuf(object as { apiVersion: string; kind: string })!;
    expect(decodeProtobuf(again)).toEqual(object);
  });

  it('reads what has no JSON beside it', () => {
    const bodies = recorded.map((r) => decodeProtobuf(Buffer.from(r.hex, 'hex')));
    expect(bodies.find((b) => b['kind'] === 'TokenRequest')).toMatchObject({
      apiVersion: 'authentication.k8s.io/v1',
      spec: { expirationSeconds: 3600 },
    });
    expect(bodies.find((b) => b['kind'] === 'SelfSubjectAccessReview')).toMatchObject({
      apiVersion: 'authorization.k8s.io/v1',
      spec: { resourceAttributes: { namespace: 'x', verb: 'create', resource: 'pods' } },
    });
  });
});

function valueOf(type: TypeRef, field: Field, depth: number): fc.Arbitrary<unknown> {
  switch (type.shape) {
    case 'list':
      return fc.array(valueOf(type.of, field, depth - 1), { minLength: 1, maxLength: 2 });
    case 'map':
      return fc.dictionary(fc.constantFrom('', 'a', 'b'), valueOf(type.of, field, depth - 1), {
        minKeys: 1,
        maxKeys: 2,
        noNullPrototype: true,
      });
    case 'message':
      return messageOf(resolve(type), depth - 1);
    case 'scalar':
      break;
  }
  const integer = (bits: number): fc.Arbitrary<number> =>
    fc.integer({ min: -(2 ** bits), max: 2 ** bits - 1 }).filter((n) => n !== 0);
  const schema = fc.constantFrom<object>({ type: 'string' }, { pattern: 'x' });
  switch (type.scalar) {
    case 'string':
      return fc.string({ minLength: 1, unit: 'grapheme' });
    case 'bytes':
      return fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    case 'bool':
      return fc.constant(true);
    case 'int32':
      return integer(31);
    case 'int64':
      return fc
        .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
        .filter((n) => n !== 0n)
        .map(integerOf);
    case 'double':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => n % 1 !== 0);
    case 'Time':
      return fc.constantFrom('2026-11-21T04:08:00Z', '1969-12-31T23:59:59Z');
    case 'MicroTime':
      return fc.constantFrom('2026-11-21T04:08:00.123456Z', '1969-12-31T23:59:59.000001Z');
    case 'Quantity':
      return fc.constantFrom('0', '100m', '1Gi');
    case 'IntOrString':
      return fc.oneof(integer(31), fc.constantFrom('http', '25%'));
    case 'object':
      return fc.constant({});
    case 'RawExtension':
    case 'FieldsV1':
      return fc.constantFrom<object>({}, { 'f:spec': { a: [1, null] } });
    case 'any':
      if (field.wire === 'schemaOrBool') return fc.oneof(fc.boolean(), schema);
      if (field.wire === 'schemaOrArray') return fc.oneof(schema, fc.array(schema));
      if (field.wire === 'schemaOrStrings') return fc.oneof(schema, fc.constant(['a', 'b']));
      return fc.jsonValue().filter((value) => value !== null && !Object.is(value, -0));
  }
}

function messageOf(definition: Definition, depth: number): fc.Arbitrary<object> {
  const fields = [...definition.fields.values()].filter(
    (field) => field.name !== 'apiVersion' && field.name !== 'kind',
  );
  if (depth <= 0 || fields.length === 0) return fc.constant({});
  return fc
    .subarray(fields, { maxLength: Math.min(6, fields.length) })
    .chain((chosen) =>
      fc
        .tuple(...chosen.map((field) => valueOf(field.type, field, depth)))
        .map((values) => Object.fromEntries(chosen.map((field, i) => [field.name, values[i]]))),
    );
}

/** Discovery's version information and the metrics API are what has no protobuf here. */
const onWire = moduleNames()
  .filter((module) => !module.startsWith('metrics-'))
  .flatMap((module) => definitionsOf(module))
  .filter((definition) => definition.name !== 'VersionInfo');

describe('the codec', () => {
  it('reads back what it wrote, for every type of the tables', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...onWire).chain((d) => fc.tuple(fc.constant(d), messageOf(d, 5))),
        ([definition, value]) => {
          const plain = parseJson(jsonText(value)).value as Record<string, unknown>;
          expect(decodeMessage(definition, encodeMessage(definition, plain))).toEqual(plain);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('writes every field of every type', () => {
    for (const definition of onWire) {
      for (const field of definition.fields.values()) {
        if (field.name === 'apiVersion' || field.name === 'kind') continue;
        const value = {
          [field.name]: fc.sample(valueOf(field.type, field, 1), { numRuns: 1, seed: 1 })[0],
        };
        const bytes = encodeMessage(definition, value);
        expect(bytes.byteLength, `${definition.name}.${field.name}`).toBeGreaterThan(0);
      }
    }
  });

  it('tells a zero that is meant from one that Go always writes', () => {
    const spec = definitionNamed('apps-v1', 'DeploymentSpec')!;
    const bytes = encodeMessage(spec, { replicas: 0, minReadySeconds: 0, paused: false });
    expect(decodeMessage(spec, bytes)).toEqual({ replicas: 0 });
    const claim = definitionNamed('core-v1', 'PersistentVolumeClaimSpec')!;
    const empty = encodeMessage(claim, { storageClassName: '', volumeName: '' });
    expect(decodeMessage(claim, empty)).toEqual({ storageClassName: '' });
  });

  it('skips what it does not know', () => {
    const writer = new WireWriter();
    writer.integer(4000, 7);
    writer.field(4001, 'later');
    writer.field(1, 'a');
    expect(decodeMessage(definitionNamed('core-v1', 'EnvVar')!, writer.finish())).toEqual({
      name: 'a',
    });
  });

  it('reads DeleteOptions of any group, and an envelope without a kind as what is expected', () => {
    const options = { apiVersion: 'apps/v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 };
    expect(decodeProtobuf(encodeProtobuf(options)!)).toEqual(options);
    const bare = Buffer.from([0x6b, 0x38, 0x73, 0x00, 0x12, 0x00]);
    const expected = { group: '', version: 'v1', kind: 'Pod' };
    expect(decodeProtobuf(bare, expected)).toEqual({ apiVersion: 'v1', kind: 'Pod' });
    expect(encodeProtobuf({ apiVersion: 'example.com/v1', kind: 'Boat' })).toBeUndefined();
  });

  it('refuses anything else', () => {
    const pod = encodeProtobuf({ apiVersion: 'v1', kind: 'Pod' })!;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (tail) => {
        for (const body of [tail, Buffer.concat([pod.subarray(0, 4), tail])]) {
          expect(() => {
            try {
              decodeProtobuf(body, { group: '', version: 'v1', kind: 'Pod' });
            } catch (error) {
              if (!(error instanceof MalformedProtobuf)) throw error;
            }
          }).not.toThrow();
        }
      }),
      { numRuns: 1000 },
    );
    const boat = Buffer.from(pod).toString('latin1').replace('Pod', 'Cat');
    expect(() => decodeProtobuf(Buffer.from(boat, 'latin1'))).toThrow(
      'no kind "Cat" is registered for version "v1"',
    );
    expect(definitionOf({ group: '', version: 'v1', kind: 'Cat' })).toBeUndefined();
  });

  it('bounds how deep a message may nest', () => {
    const schema = definitionNamed('apiextensions-v1', 'JSONSchemaProps')!;
    let bytes = encodeMessage(schema, {});
    for (let i = 0; i < 1000; i++) {
      const writer = new WireWriter();
      writer.field(28, bytes);
      bytes = writer.finish();
    }
    expect(() => decodeMessage(schema, bytes)).toThrow(MalformedProtobuf);
  });
});

describe('varints', () => {
  it('carry every safe integer', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const writer = new WireWriter();
        writer.varint(value);
        const bytes = writer.finish();
        expect(new WireReader(bytes).varint()).toBe(value);
        let expected = BigInt.asUintN(64, BigInt(value));
        for (const byte of bytes) {
          expect(BigInt(byte & 0x7f)).toBe(expected & 0x7fn);
          expected >>= 7n;
        }
        expect(expected).toBe(0n);
      }),
    );
  });
});
