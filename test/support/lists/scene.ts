/** What is there before lists and watches are asked for, and the versions they speak of. */
import type { ListServer } from './server.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const GROUP = 'lists.example.com';
export const CONFIG_MAPS = '/api/v1/namespaces/lists/configmaps';
export const PODS = '/api/v1/namespaces/lists/pods';
export const THINGS = `/apis/${GROUP}/v1/namespaces/lists/things`;
const SERVED_MS = 60_000;

const definition = {
  metadata: { name: `things.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        selectableFields: [{ jsonPath: '.spec.color' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { color: { type: 'string' } } },
            },
          },
        },
      },
    ],
  },
};

/** Names of versions and of tokens, and what they are on this server. */
export interface Scene {
  readonly versions: ReadonlyMap<string, string>;
  readonly tokens: ReadonlyMap<string, string>;
}

interface Json {
  readonly message?: string;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

export async function ask(
  server: ListServer,
  request: string,
  body?: object,
): Promise<{ code: number; body: Json }> {
  const [method = '', path = ''] = request.split(' ');
  const { code, text } = await server.exchange(method, path, {
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { code, body: JSON.parse(text.startsWith('{') ? text : '{}') as Json };
}

/** Fails unless it is created; a definition is not served at once. */
export async function create(server: ListServer, path: string, body: object): Promise<void> {
  for (const end = performance.now() + SERVED_MS; ;) {
    const answer = await ask(server, `POST ${path}`, body);
    if (answer.code === 201) return;
    if (answer.code !== 404 || performance.now() > end)
      throw new Error(`${path}: ${answer.code} ${answer.body.message}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const thing = (name: string, more: object = {}): object => ({
  apiVersion: `${GROUP}/v1`,
  kind: 'Thing',
  metadata: { name, ...more },
  spec: { color: name === 'b' ? 'red' : 'blue' },
});
const labels = (name: string) => ({
  labels: { of: name, odd: 'ace'.includes(name) ? 'yes' : 'no' },
});
export const pod = (name: string, metadata: object = {}, spec: object = {}): object => ({
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});

export async function setScene(server: ListServer): Promise<Scene> {
  for (const name of ['default', 'lists']) {
    const { code } = await ask(server, 'POST /api/v1/namespaces', { metadata: { name } });
    if (code !== 201 && code !== 409) throw new Error(`namespace ${name}: ${code}`);
  }
  await create(server, DEFINITIONS, definition);
  const add = async (name: string): Promise<void> => {
    await create(server, CONFIG_MAPS, { metadata: { name, ...labels(name) } });
    await create(server, THINGS, thing(name, labels(name)));
    await create(server, PODS, pod(name, labels(name)));
  };
  for (const name of ['a', 'b', 'c']) await add(name);
  // From here on caches follow.
  for (const path of [CONFIG_MAPS, THINGS, PODS]) await ask(server, `GET ${path}`);
  const old = await versionNow(server);
  for (const name of ['d', 'e']) await add(name);
  const tokens = await tokensOf(server);
  // That each cache has seen: nothing tells it of other kinds' writes.
  const { body } = await ask(server, `GET ${CONFIG_MAPS}/e`);
  const current = body.metadata.resourceVersion;
  for (const path of [CONFIG_MAPS, THINGS, PODS])
    await ask(server, `GET ${path}?resourceVersion=${current}`);
  await server.compact(Number(old));
  const future = String(Number(current) + 1_000_000);
  const versions = new Map(Object.entries({ old, current, future }));
  return { versions, tokens: new Map(Object.entries(tokens)) };
}

async function versionNow(server: ListServer): Promise<string> {
  return (await ask(server, `GET ${THINGS}?limit=1`)).body.metadata.resourceVersion;
}

async function tokensOf(server: ListServer) {
  const token = async (query: string, path = CONFIG_MAPS): Promise<string> =>
    (await ask(server, `GET ${path}?${query}`)).body.metadata.continue!;
  return {
    good: await token('limit=2'),
    selected: await token('limit=1&labelSelector=odd%3Dyes'),
    everywhere: await token('limit=2', '/api/v1/configmaps'),
    expired: madeToken({ v: 'meta.k8s.io/v1', rv: 1, start: 'b\0' }),
    newest: madeToken({ v: 'meta.k8s.io/v1', rv: -1, start: 'b\0' }),
    beyond: madeToken({ v: 'meta.k8s.io/v1', rv: 100_000_000, start: 'b\0' }),
    upwards: madeToken({ v: 'meta.k8s.io/v1', rv: -1, start: '../b' }),
    absolute: madeToken({ v: 'meta.k8s.io/v1', rv: -1, start: '/b' }),
    odd: madeToken({ v: 'meta.k8s.io/v1', rv: -2, start: 'b\0' }),
    unheard: madeToken({ v: 'meta.k8s.io/v2', rv: -1, start: 'b\0' }),
    garbage: 'garbage',
    signs: '*',
  };
}

const madeToken = (token: object): string =>
  Buffer.from(JSON.stringify(token)).toString('base64url');
