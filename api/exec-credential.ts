/**
 * Credentials from a program that a kubeconfig names (client.authentication.k8s.io/v1): it is
 * told of the cluster through KUBERNETES_EXEC_INFO and answers an ExecCredential.
 */
import type { Programs } from '../platform/programs.ts';
import { isObject } from './deep.ts';
import { parseTime } from './time.ts';

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

interface ExecConfig {
  readonly apiVersion?: string;
  readonly command?: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly installHint?: string;
  readonly interactiveMode?: string;
  readonly provideClusterInfo?: boolean;
}

interface ExecStatus {
  readonly token?: string;
  readonly clientCertificateData?: string;
  readonly clientKeyData?: string;
  readonly expirationTimestamp?: string;
}

export interface ExecCredentialRequest {
  /** A kubeconfig user's `exec`. */
  readonly exec: unknown;
  /** Where relative paths start, "/" at its end. */
  readonly folder: string;
  /** What the program may be told of the cluster. */
  readonly cluster: object;
  /** Whether the program may ask somebody at this process's terminal. */
  readonly interactive: boolean;
  readonly programs: Pick<Programs, 'run'>;
  /** Ends the program. */
  readonly signal?: AbortSignal;
}

/** A token, or a certificate with its key (PEM), or both. */
export interface ExecCredential {
  readonly token?: string;
  readonly certificate?: string;
  readonly privateKey?: string;
  /** When it ends, by the clock of the world; absent: it does not say. */
  readonly expiresMs?: number;
}

/** The program could not be run, or answered no credentials; in the words of client-go. */
export class ExecCredentialError extends Error {
  override readonly name = 'ExecCredentialError';
}

export async function execCredential(request: ExecCredentialRequest): Promise<ExecCredential> {
  const { exec, folder, cluster, interactive } = request;
  const config = exec as ExecConfig;
  const { command = '', apiVersion = '' } = config;
  if (command === '') throw new ExecCredentialError('exec plugin: command must be specified');
  if (!versions.includes(apiVersion)) {
    const shown = JSON.stringify(apiVersion);
    throw new ExecCredentialError(`exec plugin: invalid apiVersion ${shown}`);
  }
  const spec = { interactive, ...(config.provideClusterInfo ? { cluster } : {}) };
  const output = await run(request, {
    config,
    // A path is relative to the kubeconfig; a name alone is looked for on PATH.
    program: command.includes('/') && !command.startsWith('/') ? folder + command : command,
    told: JSON.stringify({ kind: 'ExecCredential', apiVersion, spec }),
  });
  return credentialsOf(output, apiVersion);
}

async function run(
  { programs, interactive, signal }: ExecCredentialRequest,
  of: { readonly config: ExecConfig; readonly program: string; readonly told: string },
): Promise<string> {
  const { config, program, told } = of;
  const variables = Object.fromEntries((config.env ?? []).map(({ name, value }) => [name, value]));
  let end;
  try {
    end = await programs.run({
      program,
      args: config.args ?? [],
      env: { ...variables, KUBERNETES_EXEC_INFO: told },
      output: 'captured',
      input: interactive ? 'shared' : 'none',
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
    const hint = config.installHint ? `\n\n${config.installHint}` : '';
    throw failed(`exec: executable ${program} not found${hint}`);
  }
  if (end.code === 0) return end.out;
  throw failed(`exec: executable ${program} failed with exit code ${end.code ?? -1}`);
}

function credentialsOf(output: string, apiVersion: string): ExecCredential {
  const answer = parsed(output);
  const { kind = 'ExecCredential' } = answer;
  if (answer['apiVersion'] !== apiVersion || kind !== 'ExecCredential') {
    throw failed(
      `exec plugin is configured to use API version ${apiVersion}, ` +
        `plugin returned version ${String(answer['apiVersion'])}`,
    );
  }
  if (!isObject(answer['status'])) throw failed("exec plugin didn't return a status field");
  const status = answer['status'] as ExecStatus;
  const { token, clientCertificateData: certificate, clientKeyData: privateKey } = status;
  if (!token && !certificate && !privateKey)
    throw failed("exec plugin didn't return a token or cert/key pair");
  if (!certificate !== !privateKey)
    throw failed('exec plugin returned only certificate or key, not both');
  const expiresMs = parseTime(status.expirationTimestamp ?? '');
  return {
    ...(token ? { token } : {}),
    ...(certificate && privateKey ? { certificate, privateKey } : {}),
    ...(expiresMs === undefined ? {} : { expiresMs }),
  };
}

function parsed(output: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(output);
    if (isObject(value)) return value;
  } catch {
    // Told below, with all else that is no ExecCredential.
  }
  throw failed('decoding stdout: it is no ExecCredential');
}

const modes = ['Never', 'IfAvailable', 'Always'] as const;

/** Whether a user's program wants to read standard input; throws in client-go's words. */
export function interactiveMode(name: string, exec: unknown): (typeof modes)[number] {
  const { apiVersion, interactiveMode: given } = exec as ExecConfig;
  const isBeta = apiVersion === versions[1];
  const mode = given || (isBeta ? 'IfAvailable' : '');
  if (mode === '')
    throw new Error(
      `interactiveMode must be specified for ${name} to use exec authentication plugin`,
    );
  const known = modes.find((each) => each === mode);
  if (known === undefined)
    throw new Error(`invalid interactiveMode for ${name}: ${JSON.stringify(mode)}`);
  return known;
}

/** Why a program that has to ask cannot; undefined if it can. */
export function cannotAsk(input: StandardInput): string | undefined {
  const why = !input.isTerminal
    ? 'is not a terminal'
    : input.usedBy && `is unavailable: used by ${input.usedBy}`;
  return why && `exec plugin cannot support interactive mode: standard input ${why}`;
}

export interface StandardInput {
  readonly isTerminal: boolean;
  /** What of the command reads it. */
  readonly usedBy?: string | undefined;
}

const failed = (why: string): ExecCredentialError =>
  new ExecCredentialError(`getting credentials: ${why}`);
