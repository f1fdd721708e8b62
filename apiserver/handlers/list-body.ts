/**
 * Collections as bodies, object by object: one of thousands takes a good part of a second, or in
 * YAML several, and is made in slices, so that everybody else's requests are answered meanwhile.
 */
import { parseJson } from '../../api/json.ts';
import { withoutType } from '../../api/meta.ts';
import { enveloped, listMessage } from '../../api/protobuf/envelope.ts';
import { PROTOBUF_MEDIA_TYPE } from '../../api/protobuf/codec.ts';
import type { GroupVersionKind } from '../../api/schema/table.ts';
import { stringifyYaml } from '../../api/yaml-text.ts';
import { type Chunk, JsonValue, type Pieces } from '../../platform/net/http.ts';
import { jsonText } from '../../platform/json-text.ts';
import { atOnce, inTurns, type Steps, type Turns } from '../../platform/turns.ts';
import { type Accepted, acceptsGzip } from '../pipeline/accept.ts';
import type { ApiRequest } from '../pipeline/api-request.ts';
import { isForPeople } from '../pipeline/encode-answer.ts';
import type { StoredObject } from '../registry/resource-store.ts';
import { copiedList, PIECE_BYTES } from './json-bytes.ts';

export interface ListForm {
  /** Every field but the last. */
  readonly head: { readonly metadata: object } & Readonly<Record<string, unknown>>;
  /** The last field. */
  readonly field: 'items' | 'rows';
  readonly objects: readonly StoredObject[];
  /** Items do not say their apiVersion and kind. */
  readonly untyped?: boolean;
  /** What stands for an object; absent: the object as it is. */
  readonly item?: (object: StoredObject) => unknown;
  /** Absent where the form is never protobuf. */
  readonly protobuf?: {
    readonly kind: GroupVersionKind;
    readonly message: (object: StoredObject) => Uint8Array;
  };
}

/** Text is made to bytes in pieces of about this length. */
const PIECE = 65_536;

export interface EncodedList {
  /** The list as JSON, whatever is sent. */
  readonly json: JsonValue;
  /** In the form that was agreed on. */
  readonly body: Chunk;
}

/** In the same process nobody needs bytes of JSON, and so none are made. */
export async function encodeList(
  { http }: ApiRequest,
  { mediaType }: Accepted,
  { form: asked, turns }: { readonly form: ListForm; readonly turns: Turns },
): Promise<EncodedList> {
  const isInProcess = http.peer.address === 'in-process';
  // There objects are shared, as they are.
  const form = isInProcess ? { ...asked, untyped: false } : asked;
  const json = jsonOf(form);
  if (mediaType === 'application/yaml') return { json, body: await inTurns(yamlText(form), turns) };
  if (mediaType === PROTOBUF_MEDIA_TYPE)
    return { json, body: await inTurns(message(form, form.protobuf!), turns) };
  if (isForPeople(http)) return { json, body: await inTurns(prettyText(form), turns) };
  if (isInProcess) return { json, body: json };
  const made = await inTurns(compactText(form), turns);
  const isShort = made.byteLength <= PIECE_BYTES;
  const isWhole = isShort || acceptsGzip(http.headers['accept-encoding']);
  const body = jsonOf(form, isWhole ? await inTurns(joined(made), turns) : made);
  return { json: body, body };
}

const jsonOf = (form: ListForm, made?: Uint8Array | Pieces): JsonValue =>
  JsonValue.from({
    value: () => {
      const { head, field, objects, item = ({ value }) => shown(form, value) } = form;
      return { ...head, [field]: objects.map(item) };
    },
    bytes: () => atOnce(joined(made ?? atOnce(compactText(form)))),
    pieces: made instanceof Uint8Array ? undefined : made,
  });

function* joined(made: Uint8Array | Pieces): Steps<Uint8Array> {
  if (made instanceof Uint8Array) return made;
  const bytes = Buffer.allocUnsafe(made.byteLength);
  let offset = 0;
  for (const piece of made) {
    bytes.set(piece, offset);
    offset += piece.length;
    yield;
  }
  return bytes;
}

function* compactText(form: ListForm): Steps<Uint8Array | Pieces> {
  const { head, field, objects, item, untyped = false } = form;
  if (item === undefined) return yield* copiedList(head, objects, { untyped });
  const start = `${JSON.stringify(head).slice(0, -1)},"${field}":[`;
  const text = (object: StoredObject): string => jsonText(item(object));
  return yield* pieces(objects, { start, text, between: ',', end: ']}' });
}

function* prettyText(form: ListForm): Steps<Uint8Array> {
  const { head, field, objects, item } = form;
  const empty = JSON.stringify({ ...head, [field]: [] }, null, 2);
  if (objects.length === 0) return Buffer.from(empty);
  const sent = (object: StoredObject): unknown =>
    item?.(object) ?? shown(form, parsedObject(object));
  const text = (object: StoredObject): string =>
    jsonText(sent(object), 2).replaceAll('\n', '\n    ');
  const start = `${empty.slice(0, -']\n}'.length)}\n    `;
  return yield* pieces(objects, { start, text, between: ',\n    ', end: '\n  ]\n}' });
}

/** With its fields in the order in which they are sent without indentation. */
function parsedObject(object: StoredObject): object {
  return parseJson(Buffer.from(object.json().bytes()).toString()).value as object;
}

function shown({ untyped }: ListForm, object: object): object {
  return untyped === true ? withoutType(object) : object;
}

function* yamlText(form: ListForm): Steps<Uint8Array> {
  const { head, field, objects, item } = form;
  const empty = stringifyYaml({ ...head, [field]: [] });
  if (objects.length === 0) return Buffer.from(empty);
  // Keys are sorted: others follow.
  const line = `\n${field}: []\n`;
  const at = empty.indexOf(line);
  return yield* pieces(objects, {
    start: `${empty.slice(0, at)}\n${field}:\n`,
    text: (object) => stringifyYaml([item?.(object) ?? shown(form, object.value)]),
    between: '',
    end: empty.slice(at + line.length),
  });
}

function* pieces(
  objects: readonly StoredObject[],
  form: {
    readonly start: string;
    readonly text: (object: StoredObject) => string;
    readonly between: string;
    readonly end: string;
  },
): Steps<Uint8Array> {
  const { start, text, between, end } = form;
  const made: Buffer[] = [];
  let piece = start;
  for (const [index, object] of objects.entries()) {
    piece += index > 0 ? between + text(object) : text(object);
    if (piece.length > PIECE) {
      made.push(Buffer.from(piece));
      piece = '';
    }
    yield;
  }
  made.push(Buffer.from(piece + end));
  return made.length === 1 ? made[0]! : Buffer.concat(made);
}

function* message(
  { head, objects }: ListForm,
  protobuf: NonNullable<ListForm['protobuf']>,
): Steps<Uint8Array> {
  const messages: Uint8Array[] = [];
  for (const object of objects) {
    messages.push(protobuf.message(object));
    yield;
  }
  return enveloped(protobuf.kind, listMessage(head.metadata, messages));
}
