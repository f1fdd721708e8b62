import { describe, expect, it } from 'vitest';
import { kinds } from '../registry/kinds/index.ts';
import { encodeSwagger } from './gnostic.ts';
import { openApiPaths } from './openapi-operations.ts';
import { servedGroups } from './served.ts';
import { swagger } from './swagger.ts';

interface Item {
  readonly parameters: readonly { name: string; in: string; schema: { type: string } }[];
  readonly [method: string]: unknown;
}

const [core] = servedGroups(kinds);
const paths = openApiPaths(core!.versions[0]!, ({ kind }) => kind) as Record<string, Item>;
const pod = '/api/v1/namespaces/{namespace}/pods/{name}';

function shown(path: string): Record<string, unknown> {
  const { parameters, ...methods } = paths[path]!;
  const facts = Object.values(methods)[0] as Record<string, unknown>;
  return {
    methods: Object.keys(methods).join(' '),
    action: facts['x-kubernetes-action'],
    kind: (facts['x-kubernetes-group-version-kind'] as { kind: string }).kind,
    asked: parameters
      .filter((each) => each.in === 'query' && each.name !== 'pretty')
      .map(({ name, schema }) => `${name}:${schema.type}`)
      .join(' '),
  };
}

describe('OpenAPI of what others answer', () => {
  it('has exec, attach and port-forward with their parameters', () => {
    const streams = 'container:string stderr:boolean stdin:boolean stdout:boolean tty:boolean';
    expect(shown(`${pod}/exec`)).toEqual({
      ...{ methods: 'get post', action: 'connect', kind: 'PodExecOptions' },
      asked: `command:string ${streams}`,
    });
    expect(shown(`${pod}/attach`)).toMatchObject({ kind: 'PodAttachOptions', asked: streams });
    expect(shown(`${pod}/portforward`)).toMatchObject({ asked: 'ports:integer' });
  });

  it('has logs', () => {
    expect(shown(`${pod}/log`)).toEqual({
      ...{ methods: 'get', action: 'get', kind: 'Pod' },
      asked:
        'container:string follow:boolean insecureSkipTLSVerifyBackend:boolean limitBytes:integer ' +
        'previous:boolean sinceSeconds:integer stream:string tailLines:integer ' +
        'timestamps:boolean',
    });
  });

  it.each([
    ['/api/v1/nodes/{name}', 'NodeProxyOptions'],
    [pod, 'PodProxyOptions'],
    ['/api/v1/namespaces/{namespace}/services/{name}', 'ServiceProxyOptions'],
  ])('has the proxy of %s with every method, with and without a path', (at, kind) => {
    const methods = 'delete get head options patch post put';
    const proxy = { methods, action: 'connect', kind, asked: 'path:string' };
    expect(shown(`${at}/proxy`)).toEqual(proxy);
    expect(shown(`${at}/proxy/{path}`)).toEqual(proxy);
    const inPath = paths[`${at}/proxy/{path}`]!.parameters.filter((each) => each.in === 'path');
    expect(inPath.map(({ name }) => name)).toContain('path');
  });

  it('is in version 2 too, in both its forms', () => {
    const info = { title: 'Kubernetes', version: 'v1' };
    const document = swagger(info, [{ paths, components: { schemas: {} } }]) as {
      paths: Record<string, Record<string, unknown>>;
    };
    expect(Object.keys(document.paths[`${pod}/proxy`]!).sort()).toEqual(
      'delete get head options parameters patch post put'.split(' '),
    );
    const encoded = Buffer.from(encodeSwagger(document));
    expect(encoded.includes('/pods/{name}/exec')).toBe(true);
    expect(encoded.includes('insecureSkipTLSVerifyBackend')).toBe(true);
  });
});
