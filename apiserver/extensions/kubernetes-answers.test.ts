/** Definitions, custom objects, policies and webhooks, right and wrong: answered as kube-apiserver 1.34 answers them. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import {
  type AnyCall,
  definitionCases,
  installObjects,
  judgesDefinition,
  judgesObject,
  judgesPolicy,
  objectCases,
  policyCases,
} from '../../test/support/kubernetes-answers.ts';
import { startOwn } from '../../test/support/own-answers.ts';

const parts = new Lifecycle();
let call: AnyCall;

beforeAll(async () => {
  call = await startOwn(parts);
}, 30_000);
afterAll(() => parts.stop());

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
