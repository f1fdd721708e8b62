/** Definitions, custom objects, policies and webhooks, right and wrong: answered as kube-apiserver 1.34 answers them. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { kinds, mutatingPolicyKinds } from '../registry/kinds/index.ts';
import { startApiServer } from '../server.ts';
import { JsonValue } from '../../platform/http.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { withoutControllers } from '../../test/support/admission.ts';
import {
  type AnyCall,
  definitionCases,
  installObjects,
  judgesDefinition,
  judgesObject,
  judgesPolicy,
  objectCases,
  policyCases,
  warningsOf,
} from '../../test/support/kubernetes-answers.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';

const parts = new Lifecycle();
let call: AnyCall;

beforeAll(async () => {
  const kv = new MemoryKv();
  const all = [...kinds, ...mutatingPolicyKinds];
  const own = { admissionPlugins: withoutControllers, kinds: all };
  const options = { kv, clock, random, logger, ...own };
  const server = await parts.start(() => startApiServer(options));
  await server.ready();
  const certificate = { commonName: 'admin', organizations: ['system:masters'] };
  call = async (method, url, body) => {
    const [path = '', search = ''] = url.split('?');
    const answer = await server.handler({
      ...{ method, path, query: new URLSearchParams(search) },
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: new JsonValue(structuredClone(body)) }),
      peer: { address: 'test', certificate },
      signal: new AbortController().signal,
    });
    const sent = answer.body;
    const value: unknown = sent instanceof JsonValue ? sent.value : JSON.parse(textOf(sent));
    const warnings = warningsOf(answer.headers['warning']);
    return { code: answer.status, body: value as Awaited<ReturnType<AnyCall>>['body'], warnings };
  };
}, 30_000);

afterAll(() => parts.stop());

const textOf = (body: unknown): string =>
  body instanceof Uint8Array ? Buffer.from(body).toString() : '{}';

const titled = <T>(all: readonly T[], title: (one: T) => unknown) =>
  all.map((one) => [JSON.stringify(title(one)).slice(0, 120), one] as const);

describe('a definition', () => {
  test.each(titled(definitionCases, ({ manifest }) => manifest.spec.versions ?? null))(
    '%s',
    (_title, one) => judgesDefinition(call, one),
  );
});

describe('a policy or a webhook', () => {
  test.each(titled(policyCases, ({ manifest }) => ({ ...manifest, apiVersion: undefined })))(
    '%s',
    (_title, one) => judgesPolicy(call, one),
  );
});

describe('an object', () => {
  beforeAll(() => installObjects(call));

  test.each(titled(objectCases, ({ field, value }) => [field, value]))('%s', (_title, one) =>
    judgesObject(call, one),
  );
});
