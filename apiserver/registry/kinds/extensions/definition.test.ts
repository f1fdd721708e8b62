import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../../../test/support/api-core.ts';
import { cronTabCrd, cronTabVersion } from '../../../../test/support/cron-tab.ts';
import { customResourceDefinition } from './definition.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
let api: TestApi;

beforeAll(() => {
  api = new TestApi([customResourceDefinition]);
});
afterAll(() => api.stop());

type Json = Record<string, unknown>;

/** The refusal's causes, "field: message", of a definition with another spec. */
async function refusal(spec: Json, metadata: Json = {}): Promise<readonly string[]> {
  const body = {
    ...cronTabCrd,
    metadata: { ...cronTabCrd.metadata, ...metadata },
    spec: { ...cronTabCrd.spec, ...spec },
  };
  const answer = await api.call('POST', `${CRDS}?dryRun=All`, { body });
  if (answer.code === 201) return [];
  expect(answer.code, answer.body.message).toBe(422);
  const { details } = answer.body as unknown as {
    details: { causes: { field: string; message: string }[] };
  };
  return details.causes.map(({ field, message }) => `${field}: ${message}`);
}

const ofSchema = (schema: Json, version: Json = {}): Promise<readonly string[]> =>
  refusal({
    versions: [
      { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version },
    ],
  });
const ofField = (field: Json): Promise<readonly string[]> =>
  ofSchema({ type: 'object', properties: { spec: field } });

const root = 'spec.validation.openAPIV3Schema';
const at = `${root}.properties[spec]`;

describe('a definition', () => {
  it('of Kubernetes’ documentation is valid', async () => {
    expect(await refusal({})).toEqual([]);
  });

  it('is refused for its names, versions and scope', async () => {
    expect(await refusal({ group: 'example' })).toEqual([
      'metadata.name: Invalid value: "crontabs.stable.example.com": must be spec.names.plural+"."+spec.group',
      'spec.group: Invalid value: "example": should be a domain with at least one dot',
    ]);
    expect(await refusal({ scope: 'Galaxy' })).toEqual([
      'spec.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespaced"',
    ]);
    const names = { plural: 'crontabs', kind: 'CronTab', listKind: 'CronTab', shortNames: ['C'] };
    const [short, list] = await refusal({ names });
    expect(short).toMatch(/^spec.names.shortNames\[0\]: Invalid value: "C": a DNS-1035 label/);
    expect(list).toBe(
      'spec.names.listKind: Invalid value: "CronTab": kind and listKind may not be the same',
    );
    const twice = await refusal({ versions: [cronTabVersion, cronTabVersion] });
    expect(twice.map((cause) => cause.replace(/Invalid value: .*: must/, 'must'))).toEqual([
      'spec.versions: must contain unique version names',
      'spec.versions: must have exactly one version marked as storage version',
      'status.storedVersions: must have the storage version v1',
    ]);
  });

  it('needs an approval in a group of the community', async () => {
    const group = 'tools.k8s.io';
    const [error] = await refusal({ group }, { name: 'crontabs.tools.k8s.io' });
    expect(error).toBe(
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must ' +
        'have approval annotation "api-approved.kubernetes.io", see ' +
        'https://github.com/kubernetes/enhancements/pull/1111',
    );
    const annotations = { 'api-approved.kubernetes.io': 'unapproved, for a test' };
    expect(await refusal({ group }, { name: 'crontabs.tools.k8s.io', annotations })).toEqual([]);
  });

  it('may not preserve unknown fields as a whole', async () => {
    expect(await refusal({ preserveUnknownFields: true })).toEqual([
      'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set ' +
        'x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    ]);
  });

  it('is refused for columns, subresources, selectable fields and conversion', async () => {
    const schema = {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: { list: { type: 'array', items: { type: 'string' } } },
        },
      },
    };
    expect(
      await ofSchema(schema, {
        additionalPrinterColumns: [{ name: 'A', type: 'text', jsonPath: 'spec' }],
        subresources: { scale: { specReplicasPath: '.status.n', statusReplicasPath: '' } },
        selectableFields: [{ jsonPath: '.spec.list' }, { jsonPath: '.spec.none' }],
      }),
    ).toEqual([
      'spec.subresources.scale.specReplicasPath: Invalid value: ".status.n": should be a json path under .spec',
      'spec.subresources.scale.statusReplicasPath: Required value',
      'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
      'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec": must be a simple json path starting with .',
      'spec.selectableFields[0].jsonPath: Invalid value: ".spec.list": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
      'spec.selectableFields[1].jsonPath: Invalid value: ".spec.none": is an invalid path: does not refer to a valid field',
    ]);
    expect(await refusal({ conversion: { strategy: 'Webhook' } })).toEqual([
      'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook',
      'spec.conversion.conversionReviewVersions: Required value',
    ]);
  });
});

describe('a schema', () => {
  const cases: readonly (readonly [string, Json, readonly string[]])[] = [
    [
      'without types',
      { properties: { a: {} } },
      [
        `${at}.properties[a].type: Required value: must not be empty for specified object fields`,
        `${at}.type: Required value: must not be empty for specified object fields`,
      ],
    ],
    [
      'with a type in a restriction',
      { type: 'string', not: { type: 'string' } },
      [`${at}.not.type: Forbidden: must be empty to be structural`],
    ],
    [
      'of a list without items',
      { type: 'array' },
      [`${at}.items: Required value: must be specified`],
    ],
    [
      'of a list whose elements are unique',
      { type: 'array', items: { type: 'string' }, uniqueItems: true },
      [
        `${at}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
      ],
    ],
    [
      'with a pattern that is none',
      { type: 'string', pattern: '(' },
      [
        `${at}.pattern: Invalid value: "(": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): \`(\``,
      ],
    ],
    [
      'with both sorts of properties',
      {
        type: 'object',
        properties: { a: { type: 'string' } },
        additionalProperties: { type: 'string' },
      },
      [
        `${at}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
      ],
    ],
    [
      'of a keyed list without keys',
      {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        items: { type: 'object', properties: { a: { type: 'string' } } },
      },
      [
        `${at}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`,
      ],
    ],
    [
      'of a keyed list whose key may be absent',
      {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['a'],
        items: { type: 'object', properties: { a: { type: 'string' } } },
      },
      [
        `${at}.items.properties[a].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
      ],
    ],
    [
      'with a wrong default',
      {
        type: 'object',
        properties: {
          a: { type: 'integer', default: 'x' },
          b: { type: 'object', default: { c: 1 } },
        },
      },
      [
        `${at}.properties[a].default: Invalid value: "string":  in body must be of type integer: "string"`,
        `${at}.properties[b].default: Invalid value: {"c":1}: must not have unknown fields`,
      ],
    ],
    [
      'with a reference',
      { type: 'object', $ref: '#/definitions/x' },
      [`${at}.$ref: Forbidden: $ref is not supported`],
    ],
  ];
  it.each(cases)('%s is refused', async (_title, field, causes) => {
    expect(await ofField(field)).toEqual(causes);
  });

  it('restricts only what it has', async () => {
    const anyOf = [{ required: ['b'], properties: { b: { minimum: 1 } } }];
    expect(await ofSchema({ type: 'object', anyOf })).toEqual([
      `${root}.properties[b]: Required value: because it is defined in ${root}.anyOf[0].properties[b]`,
    ]);
  });

  it('may say int-or-string in both of Kubernetes’ forms', async () => {
    const anyOf = [{ type: 'integer' }, { type: 'string' }];
    expect(await ofField({ 'x-kubernetes-int-or-string': true, anyOf })).toEqual([]);
    const allOf = [{ anyOf }, { pattern: '^x' }];
    expect(await ofField({ 'x-kubernetes-int-or-string': true, allOf })).toEqual([]);
  });

  it('may restrict names and nothing else of the metadata', async () => {
    const name = { type: 'string', maxLength: 5 };
    const metadata = { type: 'object', properties: { name } };
    expect(await ofSchema({ type: 'object', properties: { metadata } })).toEqual([]);
    const labels = { type: 'object', properties: { labels: { type: 'object' } } };
    expect(await ofSchema({ type: 'object', properties: { metadata: labels } })).toEqual([
      `${root}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`,
    ]);
  });

  it('is refused without harm when it is hostile', async () => {
    let deep: Json = { type: 'object' };
    for (let i = 0; i < 400; i++) deep = { type: 'object', properties: { a: deep } };
    expect((await ofField(deep))[0]).toContain('must not be nested deeper than 200 levels');
    expect(await ofField({ type: 'string', pattern: '(a+)+'.repeat(50) })).toEqual([]);
    expect((await ofField({ type: 'string', pattern: 'a{1000}{1000}' }))[0]).toContain(
      'must be a valid regular expression',
    );
  });
});

describe('a stored definition', () => {
  it('keeps what names its objects', async () => {
    await api.call('POST', CRDS, { body: cronTabCrd });
    const { body } = await api.call('GET', `${CRDS}/crontabs.stable.example.com`);
    const type = 'application/merge-patch+json';
    const change = { spec: { names: { plural: 'others' }, group: 'other.example.com' } };
    const answer = await api.call('PATCH', `${CRDS}/crontabs.stable.example.com`, {
      body: change,
      type,
    });
    expect(answer.body.message).toContain(
      'spec.group: Invalid value: "other.example.com": field is immutable',
    );
    expect(answer.body.message).toContain(
      'spec.names.plural: Invalid value: "others": field is immutable',
    );
    expect((body as unknown as { metadata: { generation: number } }).metadata.generation).toBe(1);
  });
});
