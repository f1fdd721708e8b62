import { isObject } from '../../api/deep.ts';
import { type MalformedJson, parseJson } from '../../api/json.ts';
import { jsonKind } from '../../api/schema/go-json.ts';
import { statusError } from '../../api/status.ts';

/** Where a list goes on, and at which revision; below 0: at the newest ("inconsistent"). */
export interface ContinueToken {
  readonly revision: number;
  /** First suffix below the collection's prefix that has not been served yet. */
  readonly start: string;
}

const VERSION = 'meta.k8s.io/v1';

/** Relative to `prefix`, the part of the suffix that the request's path fixes ("default/"). */
export function encodeContinue(token: ContinueToken, prefix: string): string {
  const start = token.start.slice(prefix.length);
  return Buffer.from(JSON.stringify({ v: VERSION, rv: token.revision, start })).toString(
    'base64url',
  );
}

export function decodeContinue(text: string, prefix: string): ContinueToken {
  const strange = text.search(/[^\w-]/);
  const fault = strange < 0 && text.length % 4 === 1 ? text.length - 1 : strange;
  if (fault >= 0) throw invalid(`illegal base64 data at input byte ${fault}`);
  const token = decoded(Buffer.from(text, 'base64url'));
  if (token !== null && !isObject(token)) {
    const kind = jsonKind(token);
    throw invalid(`json: cannot unmarshal ${kind} into Go value of type storage.continueToken`);
  }
  const { v, rv, start } = (token ?? {}) as { v?: unknown; rv?: unknown; start?: unknown };
  if (v !== VERSION)
    throw invalid(
      `server does not recognize this encoded version ${typeof v === 'string' ? v : ''}`,
    );
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0)
    throw invalid('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof start !== 'string' || start === '')
    throw invalid('encoded start key empty (version meta.k8s.io/v1)');
  // A token is client input: it must not lead out of the collection it was made for.
  const below = start.replace(/^\//, '');
  if (below !== '' && below.split('/').some((segment) => ['', '.', '..'].includes(segment)))
    throw invalid(start);
  return { revision: rv, start: prefix + below };
}

/** Go's decoder names bytes, not characters. */
function decoded(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    try {
      return parseJson(bytes.toString('latin1')).value;
    } catch (error) {
      throw invalid((error as MalformedJson).message);
    }
  }
}

function invalid(detail: string) {
  return statusError('BadRequest', `invalid continue token: continue key is not valid: ${detail}`);
}
