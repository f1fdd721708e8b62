import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { CRDS } from '../../test/support/cron-tab.ts';
import { type RawApi, startRawApi } from '../../test/support/raw-api.ts';

const parts = new Lifecycle();
let api: RawApi;
const WIDGETS = '/apis/rules.example.com/v1/namespaces/default/widgets';

const integer = { type: 'integer' };
const crd = (spec: object, plural = 'widgets') => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.rules.example.com` },
  spec: {
    group: 'rules.example.com',
    scope: 'Namespaced',
    names: { plural, kind: `${plural[0]!.toUpperCase()}${plural.slice(1, -1)}` },
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true },
        schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
      },
    ],
  },
});

const spec = {
  type: 'object',
  properties: {
    min: integer,
    max: integer,
    mode: {
      type: 'string',
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'mode is immutable' }],
    },
    once: {
      type: 'string',
      'x-kubernetes-validations': [
        { rule: 'oldSelf.hasValue() || self == "new"', optionalOldSelf: true },
      ],
    },
    ports: {
      type: 'array',
      maxItems: 10,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, number: integer },
        'x-kubernetes-validations': [
          { rule: 'self.number < 100', messageExpression: '"port " + self.name + " is too high"' },
        ],
      },
    },
  },
  'x-kubernetes-validations': [
    {
      rule: '!has(self.min) || !has(self.max) || self.min <= self.max',
      message: 'min must not be greater than max',
      reason: 'FieldValueForbidden',
      fieldPath: '.min',
    },
  ],
};

beforeAll(async () => {
  api = await startRawApi(parts);
  expect((await api.call('POST', CRDS, { body: crd(spec) })).body.message).toBeUndefined();
  await api.until(WIDGETS, ({ code }) => code === 200);
});
afterAll(() => parts.stop());

const widget = (name: string, own: object) => ({
  apiVersion: 'rules.example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec: own,
});
const patch = (name: string, own: object) =>
  api.call('PATCH', `${WIDGETS}/${name}`, {
    body: { spec: own },
    type: 'application/merge-patch+json',
  });

describe('CEL rules of a custom resource', () => {
  it('refuse what they do not hold for, with their own words', async () => {
    const body = widget('a', {
      ...{ min: 2, max: 1, once: 'old' },
      ports: [
        { name: 'web', number: 80 },
        { name: 'high', number: 8080 },
      ],
    });
    const refused = await api.call('POST', WIDGETS, { body });
    expect(refused.body.details.causes.map(({ field, message }) => `${field}: ${message}`)).toEqual(
      [
        'spec.min: Forbidden: min must not be greater than max',
        'spec.once: Invalid value: "string": failed rule: oldSelf.hasValue() || self == "new"',
        'spec.ports[1]: Invalid value: "object": port high is too high',
      ],
    );
  });

  it('are about the change where they say oldSelf', async () => {
    const body = widget('b', { mode: 'fast', once: 'new' });
    expect((await api.call('POST', WIDGETS, { body })).code).toBe(201);
    const refused = await patch('b', { mode: 'slow' });
    expect(refused.body.message).toBe(
      'Widget.rules.example.com "b" is invalid: spec.mode: Invalid value: "string": mode is immutable',
    );
    expect((await patch('b', { once: 'old' })).code).toBe(200);
  });

  it('do not mind what was wrong before they came', async () => {
    const loose = { ...spec, 'x-kubernetes-validations': undefined };
    await api.call('POST', CRDS, { body: crd(loose, 'gadgets') });
    const at = '/apis/rules.example.com/v1/namespaces/default/gadgets';
    await api.until(at, ({ code }) => code === 200);
    const gadget = { ...widget('c', { min: 2, max: 1 }), kind: 'Gadget' };
    expect((await api.call('POST', at, { body: gadget })).code).toBe(201);
    const type = 'application/merge-patch+json';
    const change = { body: { spec: { versions: crd(spec).spec.versions } }, type };
    const changed = await api.call('PATCH', `${CRDS}/gadgets.rules.example.com`, change);
    expect(changed.code).toBe(200);
    const other = { ...gadget, metadata: { name: 'd' } };
    await expect
      .poll(async () => (await api.call('POST', `${at}?dryRun=All`, { body: other })).code)
      .toBe(422);
    const labels = { body: { metadata: { labels: { a: 'b' } } }, type };
    expect((await api.call('PATCH', `${at}/c`, labels)).code).toBe(200);
    const worse = { body: { spec: { min: 3 } }, type };
    expect((await api.call('PATCH', `${at}/c`, worse)).code).toBe(422);
  });

  it('are refused with the definition when they are wrong or may cost too much', async () => {
    const text = { type: 'string' };
    const bad = {
      type: 'object',
      properties: {
        names: {
          type: 'array',
          items: text,
          'x-kubernetes-validations': [
            { rule: 'self.all(a, self.all(b, a == b))' },
            { rule: 'self.missing' },
            { rule: 'size(self)' },
          ],
        },
        list: {
          type: 'array',
          items: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] },
        },
      },
    };
    const { code, body } = await api.call('POST', CRDS, { body: crd(bad, 'things') });
    expect(code).toBe(422);
    const at = 'spec.validation.openAPIV3Schema.properties[spec].properties';
    const causes = body.details.causes.map(({ field, message }) => `${field}: ${message}`);
    expect(
      causes.some((cause) =>
        cause.startsWith(
          `${at}[names].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x`,
        ),
      ),
    ).toBe(true);
    expect(causes.join()).toContain('compilation failed: ERROR: <input>:1:5:');
    expect(causes.join()).toContain('cel expression must evaluate to a bool');
    expect(causes.join()).toContain(
      `oldSelf cannot be used on the uncorrelatable portion of the schema within ${at}[list]`,
    );
  });
});
