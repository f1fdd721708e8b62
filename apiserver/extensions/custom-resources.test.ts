import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { CRDS, CRON_TABS, cronTab, cronTabCrd } from '../../test/support/cron-tab.ts';
import { type RawApi, startRawApi } from '../../test/support/raw-api.ts';

const parts = new Lifecycle();
let api: RawApi;

const established = (name: string) =>
  api.until(`${CRDS}/${name}`, ({ body }) =>
    Boolean(
      body.status?.conditions?.some(
        ({ type, status }) => type === 'Established' && status === 'True',
      ),
    ),
  );

beforeAll(async () => {
  api = await startRawApi(parts);
  expect((await api.call('POST', CRDS, { body: cronTabCrd })).code).toBe(201);
  await established('crontabs.stable.example.com');
  await api.until(CRON_TABS, ({ code }) => code === 200);
});
afterAll(() => parts.stop());

const post = (object: object, query = '') =>
  api.call('POST', `${CRON_TABS}${query}`, { body: object });
const merge = (name: string, body: object) =>
  api.call('PATCH', `${CRON_TABS}/${name}`, { body, type: 'application/merge-patch+json' });

describe('a custom resource', () => {
  it('says of its definition that its names are accepted and it is served', async () => {
    const { body } = await api.call('GET', `${CRDS}/crontabs.stable.example.com`);
    expect(body.status.acceptedNames).toEqual({
      ...{ plural: 'crontabs', singular: 'crontab', kind: 'CronTab', listKind: 'CronTabList' },
      ...{ shortNames: ['ct'], categories: ['all'] },
    });
    expect(body.status.storedVersions).toEqual(['v1']);
    expect(body.status.conditions!.map(({ type, reason }) => [type, reason])).toEqual([
      ['NamesAccepted', 'NoConflicts'],
      ['Established', 'InitialNamesAccepted'],
    ]);
    expect(body.spec.conversion).toEqual({ strategy: 'None' });
  });

  it('is created with defaults and without fields that the schema does not have', async () => {
    const created = await post(
      cronTab('a', { unknown: 1, jobs: [{ name: 'x', more: 2 }], template: { free: { form: 1 } } }),
    );
    expect(created.code).toBe(201);
    expect(created.headers['warning']).toBe(
      '299 - "unknown field \\"spec.jobs[0].more\\"", 299 - "unknown field \\"spec.unknown\\""',
    );
    expect(created.body.spec).toEqual({
      cronSpec: '* * * * */5',
      image: 'busybox',
      jobs: [{ limit: 5, name: 'x' }],
      replicas: 1,
      template: { free: { form: 1 } },
    });
    expect(created.body.metadata.generation).toBe(1);
    const strict = await post(cronTab('strict', { unknown: 1 }), '?fieldValidation=Strict');
    expect(strict.code).toBe(400);
    expect(strict.body.message).toBe(
      'CronTab in version "v1" cannot be handled as a CronTab: ' +
        'strict decoding error: unknown field "spec.unknown"',
    );
  });

  it('loses nulls that its schema does not allow, if that has no default at all, too', async () => {
    const text = { type: 'string' };
    const spec = {
      type: 'object',
      properties: { text, may: { ...text, nullable: true }, list: { type: 'array', items: text } },
    };
    const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } };
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'plains.plain.example.com' },
      spec: {
        group: 'plain.example.com',
        scope: 'Cluster',
        names: { plural: 'plains', singular: 'plain', kind: 'Plain', listKind: 'PlainList' },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    };
    expect((await api.call('POST', CRDS, { body: definition })).code).toBe(201);
    await established('plains.plain.example.com');
    const plain = (fields: object) => ({
      apiVersion: 'plain.example.com/v1',
      kind: 'Plain',
      metadata: { name: 'a' },
      spec: fields,
    });
    const plains = '/apis/plain.example.com/v1/plains';
    const made = await api.call('POST', plains, { body: plain({ text: null, may: null }) });
    expect([made.code, made.body.spec]).toEqual([201, { may: null }]);
    const other = await api.call('POST', plains, { body: plain({ list: [null] }) });
    expect(other.body.message).toContain(
      'spec.list[0]: Invalid value: "null": spec.list[0] in body must be of type string: "null"',
    );
  });

  it('is taken with a finalizer that others may mean too, with a warning', async () => {
    const finalizers = ['held', 'a.b', 'a.b/c', 'foregroundDeletion'];
    const object = { ...cronTab('held', {}), metadata: { name: 'held', finalizers } };
    const created = await post(object, '?dryRun=All');
    const advice = 'to avoid accidental conflicts with other finalizer writers';
    const prefer = (name: string, how: string): string =>
      `299 - "metadata.finalizers: \\"${name}\\": prefer a domain-qualified finalizer name${how} ${advice}"`;
    expect(created.headers['warning']).toBe(
      `${prefer('a.b', ' including a path (/)')}, ${prefer('held', '')}`,
    );
  });

  it('is refused with Kubernetes’ words', async () => {
    const wrong = await post(
      cronTab('wrong', {
        cronSpec: 'never',
        replicas: 'two',
        color: 'blue',
        port: true,
        note: 'x'.repeat(21),
        since: 'yesterday',
        tags: ['a', 'a'],
        jobs: [{ name: 'x' }, { name: 'x' }, {}],
      }),
    );
    expect(wrong.code).toBe(422);
    expect(wrong.body.details.causes.map(({ field, message }) => `${field}: ${message}`).sort())
      .toMatchInlineSnapshot(`
      [
        ".spec.replicas: Invalid value: 0: .spec.replicas accessor error: two is of the type string, expected int64",
        "spec.color: Unsupported value: "blue": supported values: "red", "green"",
        "spec.cronSpec: Invalid value: "never": spec.cronSpec in body should match '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$'",
        "spec.jobs[1]: Duplicate value: {"name":"x"}",
        "spec.jobs[2].name: Required value",
        "spec.note: Too long: may not be more than 20 bytes",
        "spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"",
        "spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"",
        "spec.since: Invalid value: "yesterday": spec.since in body must be of type date-time: "yesterday"",
        "spec.tags[1]: Duplicate value: "a"",
      ]
    `);
  });

  it('has a status and a scale of its own', async () => {
    await post(cronTab('s', { replicas: 2, tags: ['a'] }));
    const at = `${CRON_TABS}/s`;
    const status = { replicas: 2, labelSelector: 'app=s' };
    const ignored = await merge('s', { status, metadata: { labels: { a: 'b' } } });
    expect(ignored.body.status).toBeUndefined();
    expect(ignored.body.metadata.generation).toBe(1);
    const patch = { body: { status, spec: { replicas: 9 } }, type: 'application/merge-patch+json' };
    const written = await api.call('PATCH', `${at}/status`, patch);
    expect(written.body.status).toEqual(status);
    expect(written.body.spec.replicas).toBe(2);
    expect(written.body.metadata.generation).toBe(1);
    const scale = await api.call('GET', `${at}/scale`);
    expect(scale.body).toMatchObject({
      ...{ apiVersion: 'autoscaling/v1', kind: 'Scale', spec: { replicas: 2 } },
      status: { replicas: 2, selector: 'app=s' },
    });
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const table = await api.call('GET', `${at}/scale`, { accept });
    expect(table.body.rows[0]!.cells.slice(0, 3)).toEqual(['s', 2, 2]);
    expect(table.body.columnDefinitions).toMatchObject([
      { name: 'Name', format: 'name' },
      { name: 'Desired', description: 'Number of desired replicas' },
      { name: 'Available', description: 'Number of actual replicas' },
      { name: 'Age', type: 'date' },
    ]);
    scale.body.spec.replicas = 5;
    expect((await api.call('PUT', `${at}/scale`, { body: scale.body })).body.spec.replicas).toBe(5);
    const after = await api.call('GET', at);
    expect(after.body.spec.replicas).toBe(5);
    expect(after.body.metadata.generation).toBe(2);
    const strategic = { body: {}, type: 'application/strategic-merge-patch+json' };
    expect((await api.call('PATCH', `${at}/scale`, strategic)).code).toBe(415);
    scale.body.spec.replicas = 50;
    const { resourceVersion } = after.body.metadata;
    scale.body.metadata.resourceVersion = resourceVersion;
    const refused = await api.call('PUT', `${at}/scale`, { body: scale.body });
    expect(refused.body.message).toBe(
      'CronTab.stable.example.com "s" is invalid: spec.replicas: Invalid value: 50: ' +
        'spec.replicas in body should be less than or equal to 10',
    );
  });

  it('prints its columns', async () => {
    await post(cronTab('p'));
    const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1';
    const { body } = await api.call('GET', `${CRON_TABS}/p`, { accept });
    expect(
      body.columnDefinitions.map(({ name, type, priority }) => [name, type, priority]),
    ).toEqual([
      ['Name', 'string', 0],
      ['Spec', 'string', 0],
      ['Replicas', 'integer', 1],
      ['Ready', 'string', 0],
      ['Age', 'date', 0],
    ]);
    expect(body.rows[0]!.cells).toEqual([
      'p',
      '* * * * */5',
      1,
      null,
      expect.stringMatching(/^\ds$/),
    ]);
  });

  it('is applied, patched and selected', async () => {
    const apply = (spec: object, query = 'fieldManager=me') =>
      api.call('PATCH', `${CRON_TABS}/applied?${query}`, {
        body: cronTab('applied', spec),
        type: 'application/apply-patch+yaml',
      });
    const first = await apply({ color: 'green', jobs: [{ name: 'a', limit: 1 }] });
    expect(first.code).toBe(201);
    expect(first.body.metadata.managedFields[0]!.fieldsV1).toEqual({
      'f:spec': {
        'f:cronSpec': {},
        'f:color': {},
        'f:jobs': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:limit': {} } },
      },
    });
    const other = await apply({ jobs: [{ name: 'b' }] }, 'fieldManager=you');
    expect(other.body.spec.jobs.map(({ name }) => name)).toEqual(['a', 'b']);
    const conflict = await apply({ color: 'red' }, 'fieldManager=you');
    expect(conflict.code).toBe(409);
    expect(conflict.body.details.causes[0]!.field).toBe('.spec.color');
    const unknown = await apply({ nothing: 1 });
    expect(unknown.body.message).toContain('.spec.nothing: field not declared in schema');
    const green = await api.call('GET', `${CRON_TABS}?fieldSelector=spec.color%3Dgreen`);
    expect(green.body.kind).toBe('CronTabList');
    expect(green.body.items.map(({ metadata }) => metadata.name)).toEqual(['applied']);
    const strategic = await api.call('PATCH', `${CRON_TABS}/applied`, {
      body: {},
      type: 'application/strategic-merge-patch+json',
    });
    expect(strategic.code).toBe(415);
    expect(strategic.body.message).toBe(
      'the body of the request was in an unknown format - accepted media types include: ' +
        'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    );
    const replace = { op: 'replace', path: '/spec/color', value: 'red' };
    const patched = await api.call('PATCH', `${CRON_TABS}/applied`, {
      body: [replace],
      type: 'application/json-patch+json',
    });
    expect(patched.body.spec.color).toBe('red');
    const forget = async (managedFields: object[]): Promise<number> => {
      const { body } = await api.call('PATCH', `${CRON_TABS}/applied`, {
        body: { metadata: { managedFields } },
        type: 'application/merge-patch+json',
      });
      return body.metadata.managedFields?.length ?? 0;
    };
    expect(await forget([])).toBe(patched.body.metadata.managedFields.length);
    expect(await forget([{}])).toBe(0);
    const unconditional = await api.call('PUT', `${CRON_TABS}/applied`, {
      body: cronTab('applied'),
    });
    expect(unconditional.body.message).toContain(
      'metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
  });

  it('is told of in discovery and OpenAPI', async () => {
    const list = await api.call('GET', '/apis/stable.example.com/v1');
    expect(list.body.resources.map(({ name }) => name)).toEqual([
      ...['crontabs', 'crontabs/status', 'crontabs/scale'],
    ]);
    const index = await api.call('GET', '/openapi/v3');
    const url = index.body.paths['apis/stable.example.com/v1']!.serverRelativeURL;
    const { body } = await api.call('GET', url);
    const name = 'com.example.stable.v1.CronTab';
    const { properties } = body.components.schemas[name]!;
    expect(Object.keys(properties)).toEqual(['spec', 'status', 'apiVersion', 'kind', 'metadata']);
    // A field's own text goes before that of the type it refers to.
    const said = JSON.stringify([properties, body.components.schemas[`${name}List`]]);
    for (const text of ["Standard object's metadata", 'List of crontabs', 'Standard list metadata'])
      expect(said).toContain(`"description":"${text}. More info: `);
    expect(body.components.schemas).toHaveProperty('io.k8s.api.autoscaling.v1.Scale');
    const v2 = await api.call('GET', '/openapi/v2');
    expect(v2.body.definitions['com.example.stable.v1.CronTab']!.type).toBe('object');
  });

  it('tells which fields may be selected by, and leaves out examples', async () => {
    const color = { type: 'string', example: 'red', title: 'Color' };
    const openAPIV3Schema = { type: 'object', properties: { color } };
    const version = {
      ...{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } },
      selectableFields: [{ jsonPath: '.color' }],
    };
    const names = { plural: 'paints', kind: 'Paint' };
    const spec = { group: 'paints.example.com', scope: 'Namespaced', names, versions: [version] };
    const metadata = { name: 'paints.paints.example.com' };
    await api.call('POST', CRDS, { body: { ...cronTabCrd, metadata, spec } });
    await established(metadata.name);
    const v3 = await api.call('GET', '/openapi/v3/apis/paints.example.com/v1');
    const name = 'com.example.paints.v1.Paint';
    const selectable = { 'x-kubernetes-selectable-fields': [{ fieldPath: 'color' }] };
    const { [name]: paint, [`${name}List`]: list } = v3.body.components.schemas;
    expect([paint, list]).toMatchObject([selectable, selectable]);
    expect(paint!.properties).toMatchObject({ color: { type: 'string', title: 'Color' } });
    expect(JSON.stringify(paint)).not.toContain('red');
  });

  it('tells of embedded resources what every object has', async () => {
    const embedded = { type: 'object', 'x-kubernetes-embedded-resource': true };
    const properties = {
      plain: { ...embedded, required: ['kind'], properties: { spec: { type: 'object' } } },
      any: { ...embedded, 'x-kubernetes-preserve-unknown-fields': true },
    };
    const openAPIV3Schema = { type: 'object', properties };
    const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } };
    const names = { plural: 'boxes', kind: 'Box' };
    const spec = { group: 'boxes.example.com', scope: 'Namespaced', names, versions: [version] };
    const metadata = { name: 'boxes.boxes.example.com' };
    await api.call('POST', CRDS, { body: { ...cronTabCrd, metadata, spec } });
    await established(metadata.name);
    const v3 = await api.call('GET', '/openapi/v3/apis/boxes.example.com/v1');
    const { any, plain } = v3.body.components.schemas['com.example.boxes.v1.Box']!
      .properties as Record<string, { required: string[]; properties: object }>;
    const everyObject = ['apiVersion', 'kind', 'metadata'];
    expect(Object.keys(plain!.properties).sort()).toEqual([...everyObject, 'spec']);
    expect([plain!.required, any!.required]).toEqual([
      ['kind', 'apiVersion'],
      ['kind', 'apiVersion'],
    ]);
    expect(Object.keys(any!.properties).sort()).toEqual(everyObject);
    // kubectl would refuse whatever stands beside the fields it is told of.
    const v2 = await api.call('GET', '/openapi/v2');
    const { properties: old } = v2.body.definitions['com.example.boxes.v1.Box'] as unknown as {
      properties: Record<string, object>;
    };
    expect(old['any']).not.toHaveProperty('properties');
    expect(Object.keys((old['plain'] as { properties: object }).properties)).toContain('metadata');
  });

  it('speaks protobuf of its metadata only', async () => {
    const protobuf = 'application/vnd.kubernetes.protobuf';
    expect((await api.call('GET', CRON_TABS, { accept: protobuf })).code).toBe(406);
    const both = await api.call('GET', CRON_TABS, { accept: `${protobuf},application/json` });
    expect(both.headers['content-type']).toBe('application/json');
    const accept = `${protobuf};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`;
    const metadata = await api.call('GET', CRON_TABS, { accept });
    expect(metadata.headers['content-type']).toBe(protobuf);
  });

  it('gets no name that another has; it goes with its definition, objects first', async () => {
    const at = `${CRDS}/shirts.stable.example.com`;
    const names = { plural: 'shirts', kind: 'Shirt', shortNames: ['ct', 'sh'] };
    const crd = {
      ...cronTabCrd,
      metadata: { name: 'shirts.stable.example.com' },
      spec: { ...cronTabCrd.spec, names },
    };
    await api.call('POST', CRDS, { body: crd });
    const conflict = await api.until(at, ({ body }) => body.status?.conditions?.length === 2);
    expect(
      conflict.body.status.conditions!.map(({ reason, message }) => [reason, message]),
    ).toEqual([
      ['ShortNamesConflict', '"ct" is already in use'],
      ['NotAccepted', 'not all names are accepted'],
    ]);
    const type = 'application/merge-patch+json';
    await api.call('PATCH', at, { body: { spec: { names: { shortNames: ['sh'] } } }, type });
    await established('shirts.stable.example.com');
    const shirts = '/apis/stable.example.com/v1/namespaces/default/shirts';
    await api.until(shirts, ({ code }) => code === 200);
    const shirt = { ...cronTab('held'), kind: 'Shirt' };
    const finalizers = ['held-by-test'];
    const held = { ...shirt, metadata: { name: 'held', finalizers } };
    expect((await api.call('POST', shirts, { body: held })).code).toBe(201);
    const deleting = await api.call('DELETE', at);
    expect(deleting.body.metadata.finalizers).toEqual([
      'customresourcecleanup.apiextensions.k8s.io',
    ]);
    const terminating = ({ body }: typeof deleting): string | undefined =>
      body.status?.conditions?.find((each) => each.type === 'Terminating')?.reason;
    expect(terminating(deleting)).toBe('InstanceDeletionPending');
    await api.until(at, (answer) => terminating(answer) === 'InstanceDeletionInProgress');
    expect((await api.call('POST', shirts, { body: shirt })).code).toBe(403);
    const released = { body: { metadata: { finalizers: null } }, type };
    await api.call('PATCH', `${shirts}/held`, released);
    await api.until(at, ({ code }) => code === 404);
    await api.until(shirts, ({ code }) => code === 404);
    expect((await api.call('GET', '/apis/stable.example.com/v1')).body.resources).toHaveLength(3);
  });
});
