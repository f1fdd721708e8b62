/** Pruning, defaulting and validation by structural schemas, as properties and against ajv. */
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { deepCopy, deepEqual } from '../deep.ts';
import { fieldsOf } from '../fieldmanager/configuration.ts';
import { pruneStored } from './custom-object.ts';
import { applySchemaDefaults } from './defaulting.ts';
import { stringFormat } from './formats.ts';
import { customMergeTypes } from './merge-type.ts';
import {
  loadPatterns,
  matchesPattern,
  patternFault,
  patternsSize,
  PatternWork,
} from './patterns.ts';
import { Pruner } from './prune.ts';
import { type Json, SchemaNode } from './schema.ts';
import { validateBySchema } from './validate.ts';

beforeAll(loadPatterns);

const names = fc.constantFrom('a', 'b', 'c', '__proto__');
/** ajv looks at no property of this name, in schemas or values. */
const withoutPrototypes = (value: unknown): boolean =>
  !JSON.stringify(value).includes('"__proto__"');

const leaf = fc.oneof(
  fc.record(
    { type: fc.constant('integer'), minimum: fc.integer({ min: -3, max: 3 }) },
    { requiredKeys: ['type'] },
  ),
  fc.record(
    {
      type: fc.constant('string'),
      maxLength: fc.nat(3),
      pattern: fc.constantFrom('^a', 'b$', '[ab]+'),
    },
    { requiredKeys: ['type'] },
  ),
  fc.record({ type: fc.constant('boolean') }),
  fc.record({ type: fc.constant('number'), maximum: fc.integer({ min: -3, max: 3 }) }),
);

const schemas = fc.letrec<{ schema: Json }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc
      .record(
        {
          type: fc.constant('object'),
          properties: fc.dictionary(names, tie('schema'), { maxKeys: 3 }),
          required: fc.uniqueArray(fc.constantFrom('a', 'b'), { maxLength: 2 }),
          'x-kubernetes-preserve-unknown-fields': fc.constant(true),
        },
        { requiredKeys: ['type', 'properties'] },
      )
      // What is required and unknown is pruned first, and missing then.
      .map(({ required, ...schema }) => ({
        ...schema,
        ...(required && { required: required.filter((name) => name in schema.properties) }),
      })),
    fc.record({
      type: fc.constant('object'),
      additionalProperties: tie('schema'),
    }),
    fc.record(
      { type: fc.constant('array'), items: tie('schema'), maxItems: fc.nat(3) },
      { requiredKeys: ['type', 'items'] },
    ),
  ),
})).schema;

const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: -5, max: 5 }),
    fc.constantFrom(0.5, 'a', 'ab', 'bbbb', '', true, false),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(names, tie('value'), { maxKeys: 3 }),
  ),
})).value;

const prune = (value: unknown, schema: Json): unknown =>
  new Pruner((metadata) => metadata).value(value, new SchemaNode(schema));

describe('a structural schema', () => {
  it('finds valid what ajv finds valid', () => {
    const ajv = new Ajv({ strict: false, validateSchema: false, logger: false });
    fc.assert(
      fc.property(schemas, values, (schema, value) => {
        fc.pre(withoutPrototypes([schema, value]));
        const errors = validateBySchema(new SchemaNode(schema), { value });
        expect(errors.length === 0).toBe(ajv.validate(schema, value));
      }),
      { numRuns: 300 },
    );
  });

  it('prunes once and for all, and takes nothing that it knows', () => {
    fc.assert(
      fc.property(schemas, values, (schema, value) => {
        const before = deepCopy(value);
        const once = prune(value, schema);
        expect(deepEqual(value, before)).toBe(true);
        expect(deepEqual(prune(once, schema), once)).toBe(true);
        const errors = (of: unknown) => validateBySchema(new SchemaNode(schema), { value: of });
        expect(errors(once)).toEqual(errors(value));
      }),
    );
  });

  it('lets through what did not change, and nothing else', () => {
    fc.assert(
      fc.property(schemas, values, values, (schema, value, old) => {
        const node = new SchemaNode(schema);
        expect(validateBySchema(node, { value, old: deepCopy(value) })).toEqual([]);
        const [strict, ratcheted] = [
          validateBySchema(node, { value }),
          validateBySchema(node, { value, old }),
        ];
        expect(ratcheted.length).toBeLessThanOrEqual(strict.length);
      }),
    );
  });
});

describe('defaults', () => {
  const schema = new SchemaNode({
    type: 'object',
    properties: {
      a: { type: 'integer', default: 1 },
      b: { type: 'string', nullable: true, default: 'x' },
      c: { type: 'string' },
      list: {
        type: 'array',
        items: { type: 'object', properties: { n: { type: 'integer', default: 2 } } },
      },
      map: {
        type: 'object',
        additionalProperties: {
          type: 'object',
          properties: { m: { type: 'integer', default: 3 } },
        },
      },
      whole: {
        type: 'object',
        default: { inner: {} },
        properties: {
          inner: { type: 'object', properties: { d: { type: 'integer', default: 4 } } },
        },
      },
    },
  });

  it('fill what is absent, at every depth', () => {
    const value = { list: [{}, { n: 5 }], map: { x: {} } };
    expect(applySchemaDefaults(value, schema)).toBe(true);
    expect(value).toEqual({
      ...{ a: 1, b: 'x', list: [{ n: 2 }, { n: 5 }], map: { x: { m: 3 } } },
      whole: { inner: { d: 4 } },
    });
    expect(applySchemaDefaults(value, schema)).toBe(false);
  });

  it('stand for nulls that may not be, which go without one', () => {
    const value = { a: null, b: null, c: null };
    applySchemaDefaults(value, schema);
    expect(value).toEqual({ a: 1, b: null, whole: { inner: { d: 4 } } });
  });

  it('are not shared', () => {
    const [one, other] = [{}, {}] as { whole: { inner: { d: number } } }[];
    applySchemaDefaults(one, schema);
    one!.whole.inner.d = 9;
    applySchemaDefaults(other, schema);
    expect(other!.whole.inner.d).toBe(4);
  });
});

describe('metadata of embedded resources', () => {
  const resource = { type: 'object', 'x-kubernetes-embedded-resource': true };
  const whole = { apiVersion: 'v1', kind: 'Inner', metadata: { name: 'a', odd: 'b' } };
  const schema = new SchemaNode({
    type: 'object',
    properties: {
      given: { ...resource, default: whole },
      partly: {
        ...resource,
        properties: {
          metadata: {
            type: 'object',
            properties: { name: { type: 'string', default: 'c' }, odd: { default: 'd' } },
          },
        },
      },
      stored: resource,
    },
  });

  it('get no defaults that metadata cannot have', () => {
    const value = { partly: { metadata: {} } };
    expect(applySchemaDefaults(value, schema)).toBe(true);
    expect(value).toEqual({
      given: { ...whole, metadata: { name: 'a' } },
      partly: { metadata: { name: 'c' } },
    });
    const settled = deepCopy(value);
    expect(applySchemaDefaults(settled, schema)).toBe(false);
    expect(settled).toEqual(value);
  });

  it('and those of the object lose, as they are read, what nobody could decode', () => {
    const managedFields = [{ manager: 'm', time: '2026-01-02T03:04:05Z', fieldsV1: { 'f:a': {} } }];
    const labels = { app: 'a' };
    const sound = { name: 'n', labels, managedFields, generation: 2 };
    const kept = { kind: 'K', metadata: sound, stored: { kind: 'S', metadata: { name: 's' } } };
    expect(pruneStored(kept, schema)).toEqual({ object: kept, changed: false });
    const wrong = { labels: { app: 1 }, annotations: { b: 'b' }, odd: 1, creationTimestamp: 'x' };
    const spoiled = {
      metadata: { ...sound, ...wrong, generation: '2' },
      stored: { kind: 1, metadata: { ...wrong, name: 's' } },
    };
    expect(pruneStored(spoiled, schema)).toEqual({
      changed: true,
      object: {
        metadata: { name: 'n', managedFields, annotations: { b: 'b' } },
        stored: { metadata: { annotations: { b: 'b' }, name: 's' } },
      },
    });
  });
});

describe('what a schema does not declare', () => {
  it('is owned by whoever applies it, not only in its parts', () => {
    const declared = { type: 'object', properties: { n: { type: 'integer' } } };
    const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const types = customMergeTypes(new SchemaNode({ ...open, properties: { declared } }));
    const applied = { kind: 'K', declared: { n: 1 }, free: { n: 1, list: [{ a: 1 }] } };
    expect(fieldsOf(types.tracked, applied)).toMatchObject({
      'f:declared': { 'f:n': {} },
      'f:free': { '.': {}, 'f:n': {}, 'f:list': {} },
    });
    expect(fieldsOf(types.tracked, applied)['f:declared']).not.toHaveProperty(['.']);
  });
});

describe('patterns', () => {
  const matches = (pattern: string, text: string) =>
    matchesPattern(pattern, text, new PatternWork());

  it('take time in proportion to the text', () => {
    expect(matches('^(a+)+$', `${'a'.repeat(50_000)}b`)).toBe(false);
    expect(patternFault('(?=a)')).toContain('error parsing regexp');
  });

  it('are none if their program would be large', () => {
    expect(patternFault('a{1000}')).toBeUndefined();
    const fault = 'error parsing regexp: expression too large';
    expect(patternFault('a{1000}'.repeat(11))).toBe(fault);
    expect(patternFault('((a{1000}){999}){998}')).toMatch(/: invalid repeat count: `\{999\}`$/);
    expect(patternFault('(a{100}b{2}){10}c{9}')).toBeUndefined();
  });

  it('are given up where an object would keep all others waiting', () => {
    const pattern = '(a|b)*a(a|b){900}$';
    let seed = 1;
    const letter = (): string => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      return seed & 0x10000 ? 'a' : 'b';
    };
    const text = Array.from({ length: 100_000 }, letter).join('');
    expect(matches(pattern, text.slice(0, 1_000))).toBeTypeOf('boolean');
    expect(matches(pattern, text)).toBeUndefined();
    const items = { type: 'string', pattern };
    const node = new SchemaNode({ type: 'array', items });
    const errors = validateBySchema(node, { value: [text.slice(0, 1_000), text, 'a'] });
    expect(errors.at(-1)!.message).toContain(`takes too long to be matched by '${pattern}'`);
  });

  it('are counted in all places of a definition, each once', () => {
    const schema = { pattern: 'abc', items: [{ pattern: 'abc' }, { pattern: 'a{100}' }] };
    const refused = { pattern: 'a{1000}'.repeat(11) };
    expect(patternsSize([{ schema, refused }])).toBe(103);
  });
});

describe('formats', () => {
  it.each([
    ['date-time', '2024-05-06T07:08:09Z', '2024-05-06 07:08:09'],
    ['date', '2024-02-29', '2023-02-29'],
    ['duration', '1h30m', 'soon'],
    ['duration', '2 days', '2 moons'],
    ['ipv4', '10.0.0.1', '10.0.0.256'],
    ['ipv6', 'fd00::1', '10.0.0.1'],
    ['cidr', '10.0.0.0/8', '10.0.0.0'],
    ['mac', '00:11:22:33:44:55', '00:11:22:33:44'],
    ['mac', '0011.2233.4455', '0011.2233-4455'],
    ['uuid', '123e4567-e89b-12d3-a456-426614174000', '123e4567'],
    ['uuid4', '123e4567-e89b-42d3-a456-426614174000', '123e4567-e89b-12d3-a456-426614174000'],
    ['email', 'a.b@example.com', 'a..b'],
    ['hostname', 'web-1.example.com', '-web'],
    ['uri', 'https://example.com/a?b', 'example.com'],
    ['byte', 'aGk=', 'aGk'],
    ['isbn10', '0321751043', '0321751044'],
    ['isbn13', '978-0321751041', '978-0321751042'],
    ['creditcard', '4111 1111 1111 1111', '4111 1111 1111 1112'],
    ['ssn', '123-45-6789', '123-45-678'],
    ['hexcolor', '#FFAA00', '#FFAA0'],
    ['rgbcolor', 'rgb(1,2,255)', 'rgb(1,2,256)'],
    ['bsonobjectid', '507f1f77bcf86cd799439011', '507f'],
  ])('%s is %s, not %s', (format, good, bad) => {
    const isValid = stringFormat(format)!;
    expect([isValid(good), isValid(bad)]).toEqual([true, false]);
  });

  it('that nobody knows say nothing', () => {
    expect(stringFormat('telephone')).toBeUndefined();
    expect(stringFormat('constructor')).toBeUndefined();
  });
});
