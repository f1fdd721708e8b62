import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { ADMIN, type ExtendedApi, startExtendedApi } from '../../test/support/extended-api.ts';
import { remoteSwagger, withRemoteSwagger } from '../discovery/remote-swagger.ts';

const GROUP = 'far.example.com';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const reference = (name: string): object => ({ $ref: `#/definitions/${name}` });

const operation = {
  operationId: 'listRoses',
  responses: { 200: { description: 'OK', schema: reference('com.example.RoseList') } },
};
const document = {
  swagger: '2.0',
  info: { title: 'Roses', version: 'v1' },
  paths: {
    [`/apis/${GROUP}/v1/roses`]: { get: operation },
    '/apis/far.example.com/v11/roses': { get: operation },
    '/api/v1/namespaces': { get: { operationId: 'not its own', responses: {} } },
  },
  definitions: {
    'com.example.RoseList': {
      type: 'object',
      properties: { items: { type: 'array', items: reference('com.example.Rose') } },
    },
    'com.example.Rose': { type: 'object', properties: { metadata: reference(META) } },
    'com.example.Thorn': { type: 'object', description: 'nothing refers to it' },
    [META]: { type: 'object', description: 'of another version than ours' },
  },
};

const parts = new Lifecycle();
let far: ExtendedApi;
beforeAll(async () => {
  far = await startExtendedApi(parts, {
    group: GROUP,
    answer: (request, response) =>
      void response.end(JSON.stringify(request.url === '/openapi/v2' ? document : {})),
  });
});
afterAll(() => parts.stop());

const asked = (accept: string) =>
  far.api.handler({
    ...{ method: 'GET', path: '/openapi/v2', query: new URLSearchParams(), headers: { accept } },
    ...{ peer: { address: 'test', ...ADMIN }, signal: new AbortController().signal },
  });

describe('OpenAPI v2 of an extension server', () => {
  it('is part of ours: its own paths, with what they refer to', async () => {
    const { body } = await asked('application/json');
    const { paths, definitions } = JSON.parse(Buffer.from(body as Uint8Array).toString()) as Record<
      string,
      Record<string, never>
    >;
    expect(paths![`/apis/${GROUP}/v1/roses`]).toEqual({ get: operation });
    expect(Object.keys(paths!)).not.toContain('/apis/far.example.com/v11/roses');
    expect(paths!['/api/v1/namespaces']).not.toMatchObject({ get: { operationId: 'not its own' } });
    expect(Object.keys(definitions!)).toContain('io.k8s.api.core.v1.Pod');
    expect(definitions!['com.example.Rose']).toEqual({
      type: 'object',
      properties: { metadata: reference(`${META}_v2`) },
    });
    expect(definitions![`${META}_v2`]).toEqual(document.definitions[META]);
    expect(definitions![META]).not.toEqual(document.definitions[META]);
    expect(Object.keys(definitions!)).not.toContain('com.example.Thorn');
  });

  it('is part of it in protobuf, too', async () => {
    const type = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    const { status, body } = await asked(type);
    const text = Buffer.from(body as Uint8Array).toString('latin1');
    expect(status).toBe(200);
    for (const part of [`/apis/${GROUP}/v1/roses`, 'com.example.Rose', `${META}_v2`])
      expect(text).toContain(part);
  });

  const of = { group: GROUP, version: 'v1' };
  const path = `/apis/${GROUP}/v1/roses`;
  it.each<string[]>([
    ['no JSON', '<html>'],
    ['no object', 'null'],
    ['of another version', JSON.stringify({ openapi: '3.0.0', paths: {} })],
    [
      'parameters that are none',
      JSON.stringify({ ...document, paths: { [path]: { get: { parameters: [null] } } } }),
    ],
    [
      'texts that are none',
      JSON.stringify({ ...document, paths: { [path]: { get: { operationId: 7 } } } }),
    ],
    ...['x-a', 'a'].map((key) => {
      const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
      const text = `{"swagger":"2.0","paths":{"${path}":{"get":{"${key}":${deep}}}}}`;
      return [`nested without end below ${key}`, text];
    }),
  ])('that is %s is left out', (_what, text) => {
    expect(remoteSwagger(text, of)).toBeUndefined();
  });

  it('that refers to itself, or to nothing, is taken as it is', () => {
    const definitions = {
      A: { type: 'object', properties: { a: reference('A'), b: reference('B') } },
    };
    const paths = {
      [path]: { get: { responses: { 200: { description: '', schema: reference('A') } } } },
    };
    const found = remoteSwagger(JSON.stringify({ swagger: '2.0', paths, definitions }), of)!;
    expect(withRemoteSwagger({ paths: {}, definitions: {} }, [found, found])).toEqual({
      paths,
      definitions,
    });
  });
});
