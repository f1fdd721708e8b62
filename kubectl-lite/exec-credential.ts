/**
 * Credentials from a program that the kubeconfig names (client.authentication.k8s.io/v1): it is
 * told of the cluster through KUBERNETES_EXEC_INFO and answers an ExecCredential.
 */
import { isObject } from '../api/deep.ts';
import { KubeconfigError } from '../client/kubeconfig.ts';
import type { ExecRequest } from '../client/kubeconfig-connection.ts';
import type { ConnectionTarget, Environment } from './session.ts';

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

interface ExecConfig {
  readonly apiVersion?: string;
  readonly command?: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly installHint?: string;
  readonly provideClusterInfo?: boolean;
}

interface ExecStatus {
  readonly token?: string;
  readonly clientCertificateData?: string;
  readonly clientKeyData?: string;
}

type Credentials = Pick<ConnectionTarget, 'token' | 'cert' | 'key'>;

export async function execCredential(
  environment: Environment,
  { exec, folder, cluster }: ExecRequest,
): Promise<Credentials> {
  const config = exec as ExecConfig;
  const { command = '', apiVersion = '' } = config;
  if (command === '') throw failed('exec plugin: command must be specified');
  if (!versions.includes(apiVersion)) {
    throw failed(`exec plugin: invalid apiVersion ${JSON.stringify(apiVersion)}`);
  }
  const output = await run(environment, config, {
    // A path is relative to the kubeconfig; a name alone is looked for on PATH.
    program: command.includes('/') && !command.startsWith('/') ? folder + command : command,
    request: {
      kind: 'ExecCredential',
      apiVersion,
      spec: {
        interactive: environment.interactive,
        ...(config.provideClusterInfo ? { cluster } : {}),
      },
    },
  });
  return credentialsOf(output, apiVersion);
}

async function run(
  environment: Environment,
  { args, env, installHint }: ExecConfig,
  { program, request }: { readonly program: string; readonly request: object },
): Promise<string> {
  const variables = Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]));
  let end;
  try {
    end = await environment.programs.run({
      program,
      args: args ?? [],
      env: { ...variables, KUBERNETES_EXEC_INFO: JSON.stringify(request) },
      output: 'captured',
    });
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
    const hint = installHint ? `\n\n${installHint}` : '';
    throw failed(`getting credentials: exec: executable ${program} not found${hint}`);
  }
  if (end.code === 0) return end.out;
  throw failed(
    `getting credentials: exec: executable ${program} failed with exit code ${end.code ?? -1}`,
  );
}

function credentialsOf(output: string, apiVersion: string): Credentials {
  const answer = parsed(output);
  if (answer['apiVersion'] !== apiVersion || answer['kind'] !== 'ExecCredential') {
    throw failed(
      'getting credentials: exec plugin is configured to use API version ' +
        `${apiVersion}, plugin returned version ${String(answer['apiVersion'])}`,
    );
  }
  if (!isObject(answer['status'])) {
    throw failed("getting credentials: exec plugin didn't return a status field");
  }
  const { token, clientCertificateData, clientKeyData } = answer['status'] as ExecStatus;
  if (!token && !(clientCertificateData && clientKeyData)) {
    throw failed("getting credentials: exec plugin didn't return a token or cert/key pair");
  }
  return {
    ...(token ? { token } : {}),
    ...(clientCertificateData ? { cert: Buffer.from(clientCertificateData) } : {}),
    ...(clientKeyData ? { key: Buffer.from(clientKeyData) } : {}),
  };
}

function parsed(output: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(output);
    if (isObject(value)) return value;
  } catch {
    // Told below, with all else that is no ExecCredential.
  }
  throw failed('getting credentials: decoding stdout: it is no ExecCredential');
}

const failed = (message: string): KubeconfigError => new KubeconfigError(message);
