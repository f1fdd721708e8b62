/**
 * What is asserted of our server in `kubernetes-refusals.test.ts` and `claims.test.ts` is what
 * Kubernetes says. Needs etcd and kube-apiserver on the PATH.
 */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { freePorts } from '../../platform/node/net/free-ports.ts';
import { temporaryFolder } from '../../platform/node/files/temporary-folder.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import {
  refusedConfigurations,
  type RefusedConfiguration,
  serverConfigurations,
} from '../../test/support/access-configurations.ts';
import {
  type ClaimAnswer,
  claimAnswer,
  claimCases,
  type ClaimIssuers,
  startClaimIssuers,
} from '../../test/support/claim-cases.ts';
import { hasKubeApiserver, KubeApiserver, START_MS } from '../../test/support/kube-apiserver.ts';

const KUBECONFIG = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1' } }],
  contexts: [{ name: 'a', context: { cluster: 'a' } }],
  'current-context': 'a',
});
const flags = {
  AuthenticationConfiguration: 'authentication-config',
  AuthorizationConfiguration: 'authorization-config',
  EncryptionConfiguration: 'encryption-provider-config',
  AdmissionConfiguration: 'admission-control-config-file',
  Policy: 'audit-policy-file',
} as const;

/** What the program says of the command that failed: a line of Go's log, or several. */
function failureOf(log: string): string {
  const line = /"command failed" err=(".*")$/m.exec(log)?.[1];
  const lines = /"command failed" err=<\n([\s\S]*?)\n >/.exec(log)?.[1];
  const text =
    line === undefined ? (lines ?? '').replaceAll(/^\t/gm, '') : (JSON.parse(line) as string);
  return (
    text
      .replace(/^invalid authentication configuration: /, '')
      .replace(/^failed to load (authentication configuration|\w+) from file( ".*?")?: /, '')
      .replace(/^error while (parsing file|building transformers): /, '')
      .replace(
        /^error (decoding encryption provider configuration file ".*?"|while loading file): /,
        '',
      )
      .replace(/^(encryption provider configuration file) ".*?"/, '$1')
      .replace(/^failed to apply admission: (failed to read plugin config: )?/, '')
      .replace('failed to initialize admission plugin', "couldn't init admission plugin")
      .replace(/^loading audit policy file: (failed decoding: )?/, '')
      .replace(/: from file \S+$/, '')
      // Values of a wrong type are refused in other words, and secrets are not shown.
      .replace(/^.*(cannot unmarshal).*$/, '$1')
      .replace(/Invalid value: \{"AESGCM".*\}: /, 'Invalid value: ')
      .replace(/ in scheme ".*"$/, '')
  );
}

describe.skipIf(!hasKubeApiserver())('kube-apiserver', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder('wherry-refusals-');
    const { privateKey, publicKey } = realX509.keyPair();
    await writeFile(join(folder.path, 'sa.key'), privateKey);
    await writeFile(join(folder.path, 'sa.pub'), publicKey);
    await writeFile(join(folder.path, 'kubeconfig'), KUBECONFIG);
  });
  afterAll(() => folder.remove());

  async function refusal(
    { kind, text }: Pick<RefusedConfiguration, 'text'> & { readonly kind: keyof typeof flags },
    plugins: readonly string[] = [],
  ): Promise<string> {
    const { path } = folder;
    const config = join(path, 'config.yaml');
    const kubeconfig = JSON.stringify(join(path, 'kubeconfig'));
    await writeFile(config, text.replaceAll('"/kubeconfig"', kubeconfig));
    const [port] = await freePorts('127.0.0.1', 1);
    const key = join(path, 'sa.key');
    const child = spawn('kube-apiserver', [
      ...['--etcd-servers=http://127.0.0.1:1', `--cert-dir=${path}`],
      ...[`--secure-port=${port}`, '--bind-address=127.0.0.1'],
      ...['--service-cluster-ip-range=10.96.0.0/16', '--service-account-issuer=https://own'],
      ...[
        `--service-account-signing-key-file=${key}`,
        `--service-account-key-file=${join(path, 'sa.pub')}`,
      ],
      ...(kind === 'AuthorizationConfiguration' ? [] : ['--authorization-mode=RBAC']),
      ...(plugins.length === 0 ? [] : [`--enable-admission-plugins=${plugins.join(',')}`]),
      ...(kind === 'Policy' ? ['--audit-log-path=-'] : []),
      `--${flags[kind]}=${config}`,
    ]);
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (log += chunk));
    const timer = setTimeout(() => child.kill('SIGKILL'), START_MS);
    await new Promise((resolve) => child.once('close', resolve));
    clearTimeout(timer);
    return failureOf(log);
  }

  test.each(refusedConfigurations)('$kind $text', { timeout: START_MS * 2 }, async (one) => {
    expect(await refusal(one)).toBe(one.error);
  });

  const refused = serverConfigurations.filter(({ error }) => error !== '');
  test.each(refused)('$kind $text', { timeout: START_MS * 2 }, async (one) => {
    expect(await refusal(one, one.plugins)).toBe(one.error);
  });
});

describe.skipIf(!hasKubeApiserver())('kube-apiserver’s users', () => {
  const parts = new Lifecycle();
  let issuers: ClaimIssuers;
  let kubernetes: KubeApiserver;
  beforeAll(async () => {
    issuers = await startClaimIssuers(parts);
    const folder = await temporaryFolder('wherry-claims-');
    await parts.start(() => ({ stop: () => folder.remove() }));
    const config = join(folder.path, 'authn.json');
    await writeFile(config, issuers.configuration);
    kubernetes = await KubeApiserver.start([`--authentication-config=${config}`]);
    await parts.start(() => kubernetes);
  }, START_MS * 2);
  afterAll(() => parts.stop());

  test.each(claimCases)('$title', async (one) => {
    const path = '/apis/authentication.k8s.io/v1/tokenreviews';
    const review = async (): Promise<ClaimAnswer> => {
      const { body } = await kubernetes.call('POST', path, { body: issuers.review(one) });
      return claimAnswer(body['status'] as ClaimAnswer);
    };
    // It asks issuers for their keys when it likes.
    for (let answer = await review(); ; answer = await review()) {
      if (answer.error?.includes('not initialized') === true) continue;
      return expect(answer).toEqual(one.answer);
    }
  });
});
