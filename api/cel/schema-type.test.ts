import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adapt } from './adapt.ts';
import { Environment } from './environment.ts';
import { estimateCost } from './estimate.ts';
import { escapeIdentifier } from './identifiers.ts';
import { type Schema, schemaType } from './schema-type.ts';
import { formatType } from './types.ts';

const schema: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        replicas: { type: 'integer' },
        ratio: { type: 'number' },
        port: { 'x-kubernetes-int-or-string': true },
        since: { type: 'string', format: 'date-time' },
        every: { type: 'string', format: 'duration' },
        secret: { type: 'string', format: 'byte' },
        names: { type: 'array', maxItems: 10, items: { type: 'string', maxLength: 5 } },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        'a.b-c/d': { type: 'boolean' },
        namespace: { type: 'string' },
      },
    },
  },
};
const self = schemaType(schema, { name: 'object', resource: true })!;
const environment = new Environment({ self });
const run = (source: string, spec: object): unknown =>
  environment.compile(source).run({ self: adapt({ spec }, self) }, {}).value;
const maxCost = (source: string): number => estimateCost(environment.check(source)).max;

describe('types of a schema', () => {
  it.each([
    ['self.spec.replicas', 'int'],
    ['self.spec.ratio', 'double'],
    ['self.spec.port', 'dyn'],
    ['self.spec.since', 'timestamp'],
    ['self.spec.every', 'duration'],
    ['self.spec.secret', 'bytes'],
    ['self.spec.names', 'list(string)'],
    ['self.spec.labels', 'map(string, string)'],
    ['self.spec.a__dot__b__dash__c__slash__d', 'bool'],
    ['self.spec.__namespace__', 'string'],
    ['self.metadata.name', 'string'],
    ['self.kind', 'string'],
  ])('%s is %s', (source, type) => {
    expect(formatType(environment.compile(source).type)).toBe(type);
  });

  it('take JSON as they say, not as it looks', () => {
    expect(run('self.spec.ratio + 0.5', { ratio: 3 })).toBe(3.5);
    expect(run('self.spec.replicas + 1', { replicas: 3 })).toBe(4n);
    expect(
      run('self.spec.since < timestamp("2025-01-01T00:00:00Z")', { since: '2024-05-06T07:08:09Z' }),
    ).toBe(true);
    expect(run('self.spec.every == duration("1h")', { every: '60m' })).toBe(true);
    expect(run('self.spec.secret == b"hi"', { secret: 'aGk=' })).toBe(true);
    expect(run('type(self.spec.port) == int ? 1 : 2', { port: '80' })).toBe(2n);
    expect(run('has(self.spec.names) || has(self.spec.labels.x)', { labels: { x: '' } })).toBe(
      true,
    );
  });

  it('hide what they do not describe', () => {
    expect(() => environment.compile('self.spec.free.x')).toThrow("undefined field 'x'");
    expect(() => environment.compile('self.metadata.labels')).toThrow("undefined field 'labels'");
  });
});

describe('estimates', () => {
  it('multiply by the bounds of the schema', () => {
    expect(maxCost('self.spec.replicas > 1')).toBe(4);
    expect(maxCost('self.spec.names.all(n, n.size() < 5)')).toBe(3 + 10 * (3 + 3) + 1);
    expect(maxCost('self.spec.names.all(n, n.matches("^a+$"))')).toBe(3 + 10 * (3 + 1 + 3) + 1);
    expect(maxCost('self.spec.labels.all(k, self.spec.labels.all(l, k == l))')).toBeGreaterThan(
      1e10,
    );
  });

  it('are never below what a run costs', () => {
    const sources = [
      'self.spec.names.all(n, n.startsWith("a") || n == "b")',
      'self.spec.names.map(n, n + "x").exists(n, n.contains("y"))',
      'self.spec.names.filter(n, n in ["a", "b"]).size() > self.spec.replicas',
      'self.spec.names.exists_one(n, n.matches("[a-c]+")) ? 1 + 2 : self.spec.replicas',
    ];
    const names = fc.array(fc.string({ maxLength: 5 }), { maxLength: 10 });
    const programs = sources.map((source) => environment.compile(source));
    fc.assert(
      fc.property(names, fc.constantFrom(...programs), (values, program) => {
        const value = adapt({ spec: { names: values, replicas: 2 } }, self);
        const { cost } = program.run({ self: value }, {});
        expect(cost).toBeLessThanOrEqual(estimateCost(program.checked).max);
      }),
    );
  });
});

describe('names', () => {
  it.each([
    ['plain', 'plain'],
    ['a.b', 'a__dot__b'],
    ['a-b/c', 'a__dash__b__slash__c'],
    ['a__b', 'a__underscores__b'],
    ['true', '__true__'],
    ['ünique', undefined],
    ['a b', undefined],
  ])('%s is %s', (property, name) => {
    expect(escapeIdentifier(property)).toBe(name);
  });
});
