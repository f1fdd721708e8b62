/**
 * Issue 5, must show 2: a TypeScript operator on `@kubernetes/client-node`, with a custom resource
 * and webhooks of its own, on what `wherry assets` wrote, started as envtest starts it.
 */
import {
  AdmissionregistrationV1Api,
  ApiextensionsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  type ApiException,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { Lifecycle } from '../../../platform/lifecycle.ts';
import { eventually, run, temporaryFolder, wherryMain } from '../../e2e/harness.ts';
import { newCa, startHttps } from '../../support/https-server.ts';
import { startTestEnvironment } from '../../support/test-environment.ts';
import { apiVersion, type Boat, definition, group, kind, plural, version } from './boat.ts';
import { Operator } from './operator.ts';

interface Review {
  readonly request: { readonly uid: string; readonly object: Boat };
}

const parts = new Lifecycle();
const namespace = 'default';
const boats = { group, version, namespace, plural };
const boat = (name: string, spec: object): object => ({
  ...{ apiVersion, kind, metadata: { name }, spec },
});

/** Boats are blue unless they say, and none is invisible. */
function review(path: string, { request: { uid, object } }: Review): object {
  if (path.startsWith('/validate')) {
    if (object.spec.color !== 'invisible') return { uid, allowed: true };
    return { uid, allowed: false, status: { message: 'nobody would see it' } };
  }
  if (object.spec.color !== undefined) return { uid, allowed: true };
  const patch = [{ op: 'add', path: '/spec/color', value: 'blue' }];
  const encoded = Buffer.from(JSON.stringify(patch)).toString('base64');
  return { uid, allowed: true, patchType: 'JSONPatch', patch: encoded };
}

let config: KubeConfig;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

/** The definition, once it is served, and both webhooks. */
async function install(): Promise<void> {
  await config
    .makeApiClient(ApiextensionsV1Api)
    .createCustomResourceDefinition({ body: definition });
  const ca = newCa('webhooks');
  const url = await startHttps(parts, ca, {
    answer: ({ path, body }) => {
      const response = review(path, JSON.parse(body) as Review);
      return { body: { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response } };
    },
  });
  const admission = config.makeApiClient(AdmissionregistrationV1Api);
  const webhook = (verb: string) => ({
    name: `${verb}.${group}`,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig: {
      url: `${url}/${verb}`,
      caBundle: Buffer.from(ca.certificate).toString('base64'),
    },
    rules: [
      {
        ...{ apiGroups: [group], apiVersions: [version], resources: [plural] },
        operations: ['CREATE', 'UPDATE'],
      },
    ],
  });
  await admission.createMutatingWebhookConfiguration({
    body: { metadata: { name: plural }, webhooks: [webhook('mutate')] },
  });
  await admission.createValidatingWebhookConfiguration({
    body: { metadata: { name: plural }, webhooks: [webhook('validate')] },
  });
  const customs = config.makeApiClient(CustomObjectsApi);
  await eventually('boats and their webhooks', async () => {
    const body = boat('try', { seats: 1 });
    const made = (await customs.createNamespacedCustomObject({
      ...{ ...boats, body, dryRun: 'All' },
    })) as Boat;
    return made.spec.color === 'blue';
  });
}

beforeAll(async () => {
  folder = await temporaryFolder();
  const assets = join(folder.path, 'assets');
  expect(await run(process.execPath, [wherryMain, 'assets', assets])).toMatchObject({ code: 0 });
  const environment = await startTestEnvironment(parts, { assets, folder: folder.path });
  config = new KubeConfig();
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  config.loadFromClusterAndUser(
    {
      name: 'envtest',
      server: environment.server,
      caData: base64(environment.ca),
      skipTLSVerify: false,
    },
    { name: 'admin', certData: base64(environment.cert), keyData: base64(environment.key) },
  );
  await install();
}, 120_000);
afterAll(async () => {
  await parts.stop();
  await folder.remove();
});

describe('an operator on @kubernetes/client-node', () => {
  it('leads alone', async () => {
    const [first, second] = [new Operator(config, 'first'), new Operator(config, 'second')];
    expect(await first.lead()).toBe(true);
    expect(await second.lead()).toBe(false);
    expect(await first.lead()).toBe(true);
  });

  it('reconciles what its webhooks have defaulted and let pass', async () => {
    const core = config.makeApiClient(CoreV1Api);
    const customs = config.makeApiClient(CustomObjectsApi);
    const operator = new Operator(config, 'one');
    await customs.createNamespacedCustomObject({ ...boats, body: boat('before', { seats: 2 }) });
    await operator.start();
    const spec = { seats: 3, color: 'red' };
    await customs.createNamespacedCustomObject({ ...boats, body: boat('after', spec) });
    const reconciled = async (name: string, color: string): Promise<void> => {
      const found = await eventually(`${name} to be ${color}`, async () => {
        const made = (await customs.getNamespacedCustomObject({ ...boats, name })) as Boat;
        const log = await core.readNamespacedConfigMap({ name, namespace });
        return made.status?.ready === true && log.data?.['color'] === color ? made : undefined;
      });
      const { metadata } = await core.readNamespacedConfigMap({ name, namespace });
      expect(metadata?.ownerReferences?.[0]?.uid).toBe(found.metadata?.uid);
    };
    await reconciled('before', 'blue');
    await reconciled('after', 'red');
    const name = 'after';
    const read = (await customs.getNamespacedCustomObject({ ...boats, name })) as Boat;
    const body = { ...read, spec: { seats: 3, color: 'green' } };
    await customs.replaceNamespacedCustomObject({ ...boats, name, body });
    await reconciled('after', 'green');
    await operator.stop();
    expect(operator.failures).toEqual([]);
  });

  it.each([
    {
      by: 'webhook',
      spec: { seats: 1, color: 'invisible' },
      code: 400,
      message: 'nobody would see it',
    },
    {
      by: 'schema',
      spec: { seats: 0 },
      code: 422,
      message: 'spec.seats in body should be greater than or equal to 1',
    },
  ])('has what is wrong refused by its $by', async ({ spec, code, message }) => {
    const customs = config.makeApiClient(CustomObjectsApi);
    const refusal = await customs
      .createNamespacedCustomObject({ ...boats, body: boat('wrong', spec) })
      .then(() => undefined)
      .catch((error: unknown) => error as ApiException<string>);
    expect(refusal?.code).toBe(code);
    expect(refusal?.body).toContain(message);
  });
});
