import { StatusError } from '../api/status.ts';
import { KubeconfigError } from '../client/kubeconfig.ts';
import { UsageError } from './usage-error.ts';

/**
 * An error in kubectl's words: "Error from server (NotFound): pods "x" not found", with
 * `context` ("error when creating web.yaml") after the reason where there is one.
 */
export function failureText(error: unknown, context?: string): string {
  const about = context === undefined ? '' : `${context}: `;
  if (error instanceof UsageError) {
    // What comes with its own layout is left alone, as kubectl leaves it.
    const said = about + error.message.replace(/^error: /, '');
    return error.bare ? said : `error: ${said}`;
  }
  if (error instanceof KubeconfigError) return `error: ${error.message}`;
  if (error instanceof StatusError) {
    if (error.reason === 'Unauthorized') {
      return 'error: You must be logged in to the server (Unauthorized)';
    }
    if (error.reason === 'Invalid') return about + invalidText(error);
    const reason = error.reason === '' || error.reason === 'Unknown' ? '' : ` (${error.reason})`;
    const hint = (context === undefined ? '' : missingNamespaceHint(error)) + accessHint(error);
    return `Error from server${reason}: ${about}${error.message}${hint}`;
  }
  return (
    connectionText(error) ??
    `error: ${about}${error instanceof Error ? error.message : String(error)}`
  );
}

/** Where somebody whom the server refused learns what is allowed. */
function accessHint({ reason, message }: StatusError): string {
  const refused = reason === 'Forbidden' && / cannot \S+ (resource|path) /.test(message);
  return refused ? ' (what you may do: kubectl-lite auth can-i --list)' : '';
}

/** What to do about a namespace that an object was to be made in. */
export function missingNamespaceHint({ reason, status }: StatusError): string {
  const { kind, name } = status.details ?? {};
  if (reason !== 'NotFound' || kind !== 'namespaces' || !name) return '';
  return ` (make it first: kubectl-lite create namespace ${name})`;
}

/** kubectl names the object, then its one cause, or several line by line. */
function invalidText(error: StatusError): string {
  const { details } = error.status;
  if (details === undefined) return 'The request is invalid';
  const { kind = '', name = '', causes = [] } = details;
  const named = kind !== '' || name !== '';
  const head = named ? `The ${kind} ${JSON.stringify(name)} is invalid` : 'The request is invalid';
  if (causes.length === 0) return named ? head : `${head}: ${error.message}`;
  const texts = causes.map((cause) => `${cause.field ?? ''}: ${cause.message ?? ''}`);
  return texts.length === 1
    ? `${head}: ${texts[0]!}`
    : [`${head}: `, ...texts.map((text) => `* ${text}`)].join('\n');
}

/** The failure with the file it came from: `error when deleting "web.yaml": …`. */
export function withSource(error: unknown, verb: string, place: string | undefined): unknown {
  if (place === undefined) return error;
  const about = `error when ${verb} ${place}: `;
  if (error instanceof StatusError) {
    return new StatusError({ ...error.status, message: about + error.message });
  }
  if (error instanceof UsageError) return new UsageError(about + error.message);
  return error;
}

const OTHER_AUTHORITY =
  ': the kubeconfig is of another cluster, or of this one before it was made anew; ' +
  'get its present kubeconfig';

const certificateHints: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: ": the server's certificate has to be renewed (our servers do at their start)",
  SELF_SIGNED_CERT_IN_CHAIN: OTHER_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: OTHER_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: OTHER_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: OTHER_AUTHORITY,
  CERT_SIGNATURE_FAILURE: OTHER_AUTHORITY,
};

/** One line that says what to do when the server cannot be reached. */
function connectionText(error: unknown): string | undefined {
  const cause = causeWithCode(error);
  if (cause === undefined) return undefined;
  const where = /(\d+\.\d+\.\d+\.\d+|localhost|\[[0-9a-f:]+\]|::1):\d+/.exec(cause.message)?.[0];
  switch (cause.code) {
    case 'ECONNREFUSED':
      return (
        `The connection to the server ${where ?? ''} was refused - ` +
        'did you specify the right host or port? Is the cluster running? (npx wherry status)'
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return (
        `Unable to connect to the server: ${cause.message}: no such host, or no network ` +
        '(which address that is: kubectl-lite config view --minify)'
      );
    case 'EHOSTUNREACH':
    case 'ETIMEDOUT':
    case 'EPROXY':
      return `Unable to connect to the server: ${cause.message}`;
    default:
      if (/CERT|SELF_SIGNED|UNABLE_TO/.test(cause.code)) {
        const hint = certificateHints[cause.code] ?? '';
        return `Unable to connect to the server: tls: ${cause.message} (${cause.code})${hint}`;
      }
      return undefined;
  }
}

function causeWithCode(error: unknown): (Error & { code: string }) | undefined {
  let at = error;
  for (let depth = 0; at instanceof Error && depth < 5; depth++) {
    if ('code' in at && typeof at.code === 'string') return at as Error & { code: string };
    if (at instanceof AggregateError) at = at.errors[0];
    else at = at.cause;
  }
  return undefined;
}

/**
 * What kubectl prints for the failures of one command. One alone is told in full; of several each
 * is a line, those of its own without "error: ".
 */
export function failuresText(errors: readonly unknown[]): string {
  return sourcedFailuresText(errors.map((error) => ({ error })));
}

export interface SourcedFailure {
  readonly error: unknown;
  /** "error when creating web.yaml" */
  readonly about?: string;
}

/** As {@link failuresText}, of failures that say where they came from. */
export function sourcedFailuresText(failures: readonly SourcedFailure[]): string {
  if (failures.length === 1) return failureText(failures[0]!.error, failures[0]!.about);
  return failures
    .map(({ error, about }) => {
      if (!(error instanceof StatusError)) return failureText(error, about).replace(/^error: /, '');
      const reason = error.reason === '' ? '' : ` (${error.reason})`;
      const hint = about === undefined ? '' : missingNamespaceHint(error);
      const where = about === undefined ? '' : `${about}: `;
      return `Error from server${reason}: ${where}${error.message}${hint}`;
    })
    .join('\n');
}
