import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { encodeSwagger } from './gnostic.ts';
import { swagger, swaggerSchema } from './swagger.ts';

const reference = { allOf: [{ $ref: '#/components/schemas/Spec' }] };
const kind = { group: 'apps', version: 'v1', kind: 'Deployment' };
const operation = {
  parameters: [{ name: 'dryRun', in: 'query', schema: { type: 'string', uniqueItems: true } }],
  requestBody: {
    required: true,
    content: { 'application/merge-patch+json': { schema: { $ref: '#/components/schemas/Spec' } } },
  },
  responses: {
    200: { description: 'OK', content: { 'application/json': { schema: reference } } },
    401: { description: 'Unauthorized' },
  },
  'x-kubernetes-group-version-kind': kind,
};
const anyFields = { 'x-kubernetes-preserve-unknown-fields': true };
const embedded = { 'x-kubernetes-embedded-resource': true };
const kindIs = { 'x-kubernetes-group-version-kind': [kind] };
const path = '/apis/apps/v1/deployments/{name}';
const document = swagger({ title: 'Kubernetes', version: 'v1' }, [
  {
    paths: {
      [path]: {
        patch: operation,
        parameters: [{ name: 'name', in: 'path', required: true, schema: { type: 'string' } }],
      },
    },
    components: {
      schemas: {
        Spec: {
          type: 'object',
          required: ['ports'],
          properties: { ports: { type: 'array', items: { type: 'integer', format: 'int32' } } },
        },
      },
    },
  },
]);

describe('swagger', () => {
  it.each([
    [
      { ...reference, description: 'text', default: {} },
      { $ref: '#/definitions/Spec', description: 'text' },
    ],
    [{ $ref: '#/components/schemas/Spec' }, { $ref: '#/definitions/Spec' }],
    [
      { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
      { format: 'int-or-string', type: 'string' },
    ],
    [
      { type: 'object', additionalProperties: reference },
      { type: 'object', additionalProperties: { $ref: '#/definitions/Spec' } },
    ],
    [
      { type: 'object', properties: { items: { type: 'array', items: reference } } },
      {
        type: 'object',
        properties: { items: { type: 'array', items: { $ref: '#/definitions/Spec' } } },
      },
    ],
    // kubectl would refuse what is beside the fields of a kind that takes any.
    [
      { type: 'object', properties: { spec: reference }, ...anyFields, ...kindIs },
      { type: 'object', ...kindIs },
    ],
    [{ type: 'string', nullable: true, minLength: 1, default: 'a' }, { minLength: 1 }],
    [
      { type: 'object', required: ['kind'], ...anyFields, ...embedded },
      { ...anyFields, ...embedded },
    ],
    [
      { type: 'object', description: 'text', ...anyFields },
      { description: 'text', ...anyFields },
    ],
  ])('turns %j into %j', (v3, v2) => {
    expect(swaggerSchema(v3)).toEqual(v2);
  });

  it('moves bodies among the parameters', () => {
    expect(document).toMatchObject({
      swagger: '2.0',
      paths: {
        [path]: {
          parameters: [{ name: 'name', in: 'path', required: true, type: 'string' }],
          patch: {
            consumes: ['application/merge-patch+json'],
            parameters: [
              { name: 'body', in: 'body', required: true, schema: { $ref: '#/definitions/Spec' } },
              { name: 'dryRun', in: 'query', type: 'string', uniqueItems: true },
            ],
            responses: { 200: { description: 'OK', schema: { $ref: '#/definitions/Spec' } } },
            'x-kubernetes-group-version-kind': kind,
          },
        },
      },
    });
  });
});

/** The part of gnostic's schema that the test looks at, written anew from its field numbers. */
const root = protobuf.parse(`
  syntax = "proto3";
  message Any { string yaml = 2; }
  message NamedAny { string name = 1; Any value = 2; }
  message Schema { string ref = 1; string format = 2; repeated string required = 19;
    TypeItem type = 22; ItemsItem items = 23; Properties properties = 25; }
  message TypeItem { repeated string value = 1; }
  message ItemsItem { repeated Schema schema = 1; }
  message Properties { repeated NamedSchema named = 1; }
  message NamedSchema { string name = 1; Schema value = 2; }
  message Body { string name = 2; string in = 3; bool required = 4; Schema schema = 5; }
  message Query { string in = 2; string name = 4; string type = 6; bool unique = 20; }
  message NonBody { Query query = 3; Query path = 4; }
  message Parameter { Body body = 1; NonBody nonBody = 2; }
  message ParametersItem { Parameter parameter = 1; }
  message Operation { repeated string consumes = 7; repeated ParametersItem parameters = 8;
    repeated NamedAny extensions = 13; }
  message PathItem { Operation patch = 8; repeated ParametersItem parameters = 9; }
  message NamedPathItem { string name = 1; PathItem value = 2; }
  message Paths { repeated NamedPathItem path = 2; }
  message Definitions { repeated NamedSchema named = 1; }
  message Document { string swagger = 1; Paths paths = 8; Definitions definitions = 9; }
`).root;

it('encodes what kubectl reads of it', () => {
  const type = root.lookupType('Document');
  const decoded = type.toObject(type.decode(encodeSwagger(document)));
  expect(decoded).toMatchObject({
    swagger: '2.0',
    paths: {
      path: [
        {
          name: path,
          value: {
            patch: {
              consumes: ['application/merge-patch+json'],
              parameters: [
                {
                  parameter: {
                    body: {
                      name: 'body',
                      in: 'body',
                      required: true,
                      schema: { ref: '#/definitions/Spec' },
                    },
                  },
                },
                {
                  parameter: {
                    nonBody: {
                      query: { in: 'query', name: 'dryRun', type: 'string', unique: true },
                    },
                  },
                },
              ],
              extensions: [
                { name: 'x-kubernetes-group-version-kind', value: { yaml: JSON.stringify(kind) } },
              ],
            },
          },
        },
      ],
    },
    definitions: {
      named: [
        {
          name: 'Spec',
          value: {
            required: ['ports'],
            type: { value: ['object'] },
            properties: {
              named: [
                {
                  name: 'ports',
                  value: {
                    type: { value: ['array'] },
                    items: { schema: [{ type: { value: ['integer'] }, format: 'int32' }] },
                  },
                },
              ],
            },
          },
        },
      ],
    },
  });
});
