/** Issue 5, must show 5: each level of an audit policy, in the log of a server of its own. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { kubeconfigOf, startTestApi, startTestStore } from '../support/test-environment.ts';
import { eventually, run, succeed, temporaryFolder, tool, wherryMain } from './harness.ts';

const kubectl = tool('kubectl');

interface AuditEvent {
  readonly level: string;
  readonly stage: string;
  readonly verb: string;
  readonly user: { readonly username: string; readonly groups: readonly string[] };
  readonly impersonatedUser?: { readonly username: string };
  readonly objectRef?: {
    readonly resource: string;
    readonly name?: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code: number };
  readonly requestObject?: { readonly kind: string };
  readonly responseObject?: { readonly kind: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

const resources = (...names: string[]) => [{ group: '', resources: names }];
const policy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'Metadata', resources: resources('secrets') },
    { level: 'Request', resources: resources('configmaps') },
    { level: 'RequestResponse', resources: resources('serviceaccounts') },
    { level: 'Metadata', resources: resources('serviceaccounts/token') },
    { level: 'None' },
  ],
};

describe.skipIf(kubectl === undefined)('an audit policy', () => {
  const parts = new Lifecycle();
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let log: string;
  let config: string;

  const ok = (...args: string[]): Promise<string> =>
    succeed(kubectl!, ['--kubeconfig', config, ...args], { env: { HOME: folder.path } });

  async function events(): Promise<AuditEvent[]> {
    const lines = (await readFile(log, 'utf8')).trim().split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as AuditEvent);
  }

  /** The event about the creation of an object. */
  const created = (name: string): Promise<AuditEvent> =>
    eventually(`the event of ${name}`, async () =>
      (await events()).find(({ verb, objectRef }) => verb === 'create' && objectRef?.name === name),
    );

  beforeAll(async () => {
    folder = await temporaryFolder();
    log = join(folder.path, 'audit.log');
    config = join(folder.path, 'config');
    const assets = join(folder.path, 'assets');
    expect(await run(process.execPath, [wherryMain, 'assets', assets])).toMatchObject({ code: 0 });
    const file = join(folder.path, 'policy.yaml');
    await writeFile(file, JSON.stringify(policy));
    const place = { assets, folder: folder.path };
    const store = await startTestStore(parts, place);
    const more = { 'audit-policy-file': file, 'audit-log-path': log };
    await writeFile(config, kubeconfigOf(await startTestApi(parts, { ...place, store, more })));
    await ok('create', 'secret', 'generic', 'hidden', '--from-literal=password=tell-nobody');
    await ok('create', 'configmap', 'asked', '--from-literal=a=b');
    await ok('create', 'serviceaccount', 'whole');
    await ok('create', 'namespace', 'unseen');
  }, 120_000);
  afterAll(async () => {
    await parts.stop();
    await folder.remove();
  });

  it('Metadata: who did what, and no body', async () => {
    const event = await created('hidden');
    expect(event).toMatchObject({
      ...{ level: 'Metadata', stage: 'ResponseComplete', verb: 'create' },
      user: { username: 'admin', groups: ['system:masters', 'system:authenticated'] },
      responseStatus: { code: 201 },
      annotations: { 'authorization.k8s.io/decision': 'allow' },
    });
    expect(event.requestObject).toBe(undefined);
    expect(event.responseObject).toBe(undefined);
    expect(await readFile(log, 'utf8')).not.toContain(
      Buffer.from('tell-nobody').toString('base64'),
    );
  });

  it('Request: what was sent, not what was answered', async () => {
    const event = await created('asked');
    expect(event).toMatchObject({ level: 'Request', requestObject: { data: { a: 'b' } } });
    expect(event.responseObject).toBe(undefined);
  });

  it('RequestResponse: both', async () => {
    const event = await created('whole');
    expect(event).toMatchObject({
      level: 'RequestResponse',
      requestObject: { kind: 'ServiceAccount' },
      responseObject: { kind: 'ServiceAccount', metadata: { name: 'whole' } },
    });
  });

  it('tells which token was issued, and not the token', async () => {
    const token = (await ok('create', 'token', 'whole')).trim();
    const claims = Buffer.from(token.split('.')[1]!, 'base64url').toString();
    const { jti } = JSON.parse(claims) as { jti: string };
    const event = await eventually('the event of the token', async () =>
      (await events()).find(({ objectRef }) => objectRef?.subresource === 'token'),
    );
    const issued = 'authentication.kubernetes.io/issued-credential-id';
    expect(event.annotations).toMatchObject({ [issued]: `JTI=${jti}` });
    expect(await readFile(log, 'utf8')).not.toContain(token);
  });

  it('None: nothing; and the first rule that fits counts, for refusals too', async () => {
    await run(kubectl!, ['--kubeconfig', config, 'get', 'secrets', '--as=somebody']);
    const event = await eventually('the event of somebody', async () =>
      (await events()).find(({ impersonatedUser }) => impersonatedUser?.username === 'somebody'),
    );
    expect(event).toMatchObject({
      level: 'Metadata',
      responseStatus: { code: 403 },
      annotations: { 'authorization.k8s.io/decision': 'forbid' },
    });
    const all = await events();
    const names = all
      .filter(({ verb }) => verb === 'create')
      .map(({ objectRef }) => objectRef?.name);
    // Before and after others that are there, so it is not late.
    expect(names).toContain('whole');
    expect(names).not.toContain('unseen');
    expect(all.map(({ stage }) => stage)).not.toContain('RequestReceived');
  });
});
