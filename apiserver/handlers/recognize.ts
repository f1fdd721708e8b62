/**
 * Of which kind a body says it is, before its fields are read: kube-apiserver's words for what is
 * none, or another.
 */
import { apiVersionOf } from '../../api/resource.ts';
import { isObject } from '../../api/deep.ts';
import { invalid, invalidError } from '../../api/field-errors.ts';
import { goJson } from '../../api/go-json.ts';
import { undetectable, UNDETECTED } from '../../api/schema/decode.ts';
import { jsonKind } from '../../api/schema/go-json.ts';
import { internalPackage, unconvertible, unregistered } from '../../api/schema/scheme-words.ts';
import { definitionOf } from '../../api/schema/table.ts';
import { statusError } from '../../api/status.ts';
import { type HttpRequest, JsonValue } from '../../platform/net/http.ts';

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** How a value is refused that is no object of the kind. */
export interface Refusals {
  /** Of which kind it is cannot be told. */
  unrecognized(why: string): Error;
  unhandled(sent: Kind, why: string): Error;
  otherVersion(sent: Kind, value: Readonly<Record<string, unknown>>): Error;
}

export function refusalsOfBody(body: HttpRequest['body'], expected: Kind): Refusals {
  return {
    unrecognized: (why) => {
      const must = `must be of type ${expected.kind}`;
      const shown = summary(body);
      const text = `the object provided is unrecognized (${must}): ${why} (${shown})`;
      return statusError('BadRequest', text);
    },
    unhandled: (sent, why) => {
      const what = `${sent.kind} in version ${JSON.stringify(sent.version)}`;
      const text = `${what} cannot be handled as a ${expected.kind}: ${why}`;
      return statusError('BadRequest', text);
    },
    otherVersion: (sent) =>
      statusError(
        'BadRequest',
        `the API version in the data (${sent.version && apiVersionOf(sent)}) does not match ` +
          `the expected API version (${apiVersionOf(expected)})`,
      ),
  };
}

/** `shown`: what the document became, or the patch itself. */
export function refusalsOfPatch(shown: () => string, expected: Kind): Refusals {
  const refused = (why: string): Error =>
    invalidError({ group: '', kind: '' }, '', [invalid('patch', shown(), why)]);
  return {
    unrecognized: refused,
    unhandled: (_sent, why) => refused(why),
    otherVersion: (sent, value) => wrongField('apiVersion', sent, { value, expected }),
  };
}

/** The first of a body: JSON objects as they are, all else in hexadecimal digits. */
function summary(body: HttpRequest['body']): string {
  const bytes = body instanceof JsonValue ? body.bytes() : body;
  if (bytes === undefined || bytes.length === 0) return '<empty>';
  const first = Buffer.from(bytes.subarray(0, SUMMARY_BYTES));
  const text = first.toString(first[0] === OPENING_BRACE ? 'utf8' : 'hex');
  return bytes.length > SUMMARY_BYTES ? `${text} ...` : text;
}

const SUMMARY_BYTES = 30;
const OPENING_BRACE = 0x7b;

/** `value`, which says that it is of the kind. Throws as the refusals say, or StatusError. */
export function recognized(
  value: unknown,
  of: {
    readonly kind: Kind;
    readonly olderVersions?: readonly string[] | undefined;
    readonly custom: boolean;
    readonly text?: string | undefined;
  },
  refusals: Refusals,
): Record<string, unknown> {
  const { kind, custom } = of;
  const isNothing = value === null || value === undefined;
  if (!isNothing && !isObject(value)) throw refusals.unrecognized(undetectable(value));
  const object = isObject(value) ? value : {};
  const sent = sentKind(object, (why) => refusals.unrecognized(why));
  if (!custom) {
    const isOlder = of.olderVersions?.includes(apiVersionOf(sent)) === true;
    if (isOlder && (sent.kind === '' || sent.kind === kind.kind)) return object;
    checkBuiltIn(withDefaults(sent, kind), { kind, value: object }, refusals);
    return object;
  }
  if (sent.kind === '') {
    const text = of.text ?? (value === undefined ? '' : goJson(value));
    throw refusals.unrecognized(`Object 'Kind' is missing in '${text}'`);
  }
  if (sent.group !== kind.group || sent.version !== kind.version)
    throw refusals.otherVersion(sent, object);
  if (sent.kind !== kind.kind) throw wrongField('kind', sent, { value: object, expected: kind });
  return object;
}

/** What is not said is "". */
export function sentKind(
  value: Record<string, unknown>,
  unrecognized: Refusals['unrecognized'],
): Kind {
  const textOf = (field: 'apiVersion' | 'kind'): string => {
    const text = value[field] ?? '';
    if (typeof text === 'string') return text;
    const type = jsonKind(text);
    throw unrecognized(
      `${UNDETECTED}json: cannot unmarshal ${type} into Go struct field .${field} of type string`,
    );
  };
  const apiVersion = textOf('apiVersion');
  const [version = '', group = '', ...more] = apiVersion.split('/').reverse();
  if (more.length > 0) throw unrecognized(`unexpected GroupVersion string: ${apiVersion}`);
  return { group, version, kind: textOf('kind') };
}

/** What an absent apiVersion or kind means. */
function withDefaults({ group, version, kind }: Kind, expected: Kind): Kind {
  const { group: g, version: v } = group === '' && version === '' ? expected : { group, version };
  return { group: g, version: v, kind: kind === '' ? expected.kind : kind };
}

function checkBuiltIn(
  sent: Kind,
  { kind, value }: { readonly kind: Kind; readonly value: Readonly<Record<string, unknown>> },
  refusals: Refusals,
): void {
  const sameKind = sent.kind === kind.kind;
  if (sameKind && sent.group === kind.group && sent.version === kind.version) return;
  if (definitionOf(sent) === undefined) throw refusals.unhandled(sent, unregistered(sent));
  if (sameKind && internalPackage(sent) === internalPackage(kind))
    throw refusals.otherVersion(sent, value);
  throw refusals.unhandled(sent, unconvertible(sent, kind));
}

function wrongField(
  field: 'apiVersion' | 'kind',
  sent: Kind,
  of: { readonly value: Readonly<Record<string, unknown>>; readonly expected: Kind },
): Error {
  const { metadata } = of.value as { metadata?: { name?: string } };
  const [is, must] = [sent, of.expected].map((each) =>
    field === 'kind' ? each.kind : apiVersionOf(each),
  );
  return invalidError(sent, metadata?.name ?? '', [invalid(field, is, `must be ${must}`)]);
}
