/** OpenAPI paths of subresources that another server answers: exec, log, proxy. */
import { connectName, type Operand, operationName } from './operation-names.ts';
import type { ServedSubresource } from './served.ts';

type Json = Readonly<Record<string, unknown>>;

/** The methods by which a verb of a proxy is asked for; the body is the other server's affair. */
const proxyMethods: Readonly<Record<string, readonly string[]>> = {
  create: ['post'],
  delete: ['delete'],
  get: ['get', 'head', 'options'],
  patch: ['patch'],
  update: ['put'],
};

const TEXT: Json = { schema: { type: 'string' } };

const answers = (mediaTypes: readonly string[]): Json => ({
  '200': {
    description: 'OK',
    content: Object.fromEntries(mediaTypes.map((type) => [type, TEXT])),
  },
  '401': { description: 'Unauthorized' },
});

type Asked = Readonly<Record<string, 'boolean' | 'integer' | 'string'>>;

const streams: Asked = {
  container: 'string',
  stderr: 'boolean',
  stdin: 'boolean',
  stdout: 'boolean',
  tty: 'boolean',
};
const logs: Asked = {
  container: 'string',
  follow: 'boolean',
  insecureSkipTLSVerifyBackend: 'boolean',
  limitBytes: 'integer',
  previous: 'boolean',
  sinceSeconds: 'integer',
  stream: 'string',
  tailLines: 'integer',
  timestamps: 'boolean',
};
/** By the kind that discovery names; these kinds are nowhere else, so no schema table has them. */
const options: Readonly<Record<string, Asked>> = {
  PodExecOptions: { command: 'string', ...streams },
  PodAttachOptions: streams,
  PodPortForwardOptions: { ports: 'integer' },
  NodeProxyOptions: { path: 'string' },
  PodProxyOptions: { path: 'string' },
  ServiceProxyOptions: { path: 'string' },
};

function queryParameters(asked: Asked): Json[] {
  return Object.entries(asked).map(([name, type]) => ({
    name,
    in: 'query',
    schema: { type, uniqueItems: true },
  }));
}

const PATH: Json = {
  name: 'path',
  in: 'path',
  required: true,
  schema: { type: 'string', uniqueItems: true },
};

/** `named` are the parameters of the object itself. */
export function connectPaths(
  base: string,
  { name, kind, verbs, carries, operand }: ServedSubresource & { readonly operand: Operand },
  named: readonly Json[],
): [string, Json][] {
  const path = `${base}/{name}/${name}`;
  const isText = carries === 'text';
  const common = {
    responses: answers(isText ? ['application/json', 'text/plain'] : ['*/*']),
    'x-kubernetes-action': isText ? 'get' : 'connect',
    'x-kubernetes-group-version-kind': kind,
  };
  const asked = queryParameters(isText ? logs : (options[kind.kind] ?? {}));
  const methods = verbs.flatMap((verb) => {
    if (carries === 'proxy') return proxyMethods[verb] ?? [];
    return verb === 'create' ? ['post'] : ['get'];
  });
  const operations = (to: Operand): Json =>
    Object.fromEntries(
      methods.sort().map((method) => {
        const said = isText ? operationName('get', to) : connectName(method, to);
        return [method, { ...said, ...common }];
      }),
    );
  const item = { ...operations(operand), parameters: [...named, ...asked] };
  if (carries !== 'proxy') return [[path, item]];
  return [
    [path, item],
    [
      `${path}/{path}`,
      {
        ...operations({ ...operand, suffix: 'WithPath' }),
        parameters: [...named, PATH, ...asked],
      },
    ],
  ];
}
