/** Answers as etcdctl prints them with -w json: Go's names, bytes in base 64, bare numbers. */
import type { Plain, Scalar } from '../store/grpc/schema/codec.ts';
import { numberText } from './plain.ts';
import { Schema, type Field } from '../store/grpc/schema/schema.ts';

/** Go keeps the one that is set behind a field named after the oneof. (Names below are 3.6's.) */
const oneofs: Readonly<Record<string, string>> = { ResponseOp: 'Response' };

/** Go's client wraps answers about leases in types of its own, with the header's fields on top. */
const leaseShapes: Readonly<Record<string, (answer: Plain) => Readonly<Record<string, string>>>> = {
  LeaseGrantResponse: ({ ID, TTL }) => ({
    ID: numberText(ID),
    TTL: numberText(TTL),
    Error: '""',
  }),
  LeaseKeepAliveResponse: ({ ID, TTL }) => ({ ID: numberText(ID), TTL: numberText(TTL) }),
  LeaseTimeToLiveResponse: ({ ID, TTL, grantedTTL, keys }) => ({
    id: numberText(ID),
    ttl: numberText(TTL),
    'granted-ttl': numberText(grantedTTL),
    keys:
      keys === undefined
        ? 'null'
        : JSON.stringify((keys as Buffer[]).map((key) => key.toString('base64'))),
  }),
  LeaseLeasesResponse: ({ leases }) => ({
    leases: `[${((leases ?? []) as Plain[]).map(({ ID }) => `{"id":${numberText(ID)}}`).join()}]`,
  }),
};

/** As Go's client has it, whose fields have no names for JSON. */
function printWatch(answer: Plain): string {
  const events = ((answer['events'] ?? []) as Plain[]).map((each) =>
    printJson('mvccpb.Event', each),
  );
  return (
    `{"Header":${printJson('ResponseHeader', answer['header'] as Plain)},` +
    `"Events":[${events.join()}],"CompactRevision":0,"Canceled":false,"Created":false}`
  );
}

/** An answer as a whole. */
export function printAnswer(messageName: string, answer: Plain): string {
  if (messageName === 'WatchResponse') return printWatch(answer);
  const shape = leaseShapes[messageName];
  if (shape === undefined) return printJson(messageName, answer);
  const header = printJson('ResponseHeader', answer['header'] as Plain).slice(1, -1);
  const own = Object.entries(shape(answer)).map(([name, text]) => `"${name}":${text}`);
  return `{${[header, ...own].join()}}`;
}

export function printJson(messageName: string, message: Plain): string {
  const type = Schema.shared.message(messageName);
  const parts: string[] = [];
  for (const field of type.fields) {
    const value = message[field.name];
    if (value === undefined || value === 0 || value === false || value === '') continue;
    if (value instanceof Uint8Array && value.length === 0) continue;
    const oneof = oneofs[messageName];
    const text = field.repeated
      ? `[${(value as readonly (Scalar | Plain)[]).map((each) => write(field, each)).join(',')}]`
      : write(field, value as Scalar | Plain);
    const pair = `${JSON.stringify(field.name)}:${text}`;
    parts.push(oneof === undefined ? pair : `"${oneof}":{${pair}}`);
  }
  return `{${parts.join(',')}}`;
}

function write(field: Field, value: Scalar | Plain): string {
  if (field.kind === 'message') return printJson(field.type, value as Plain);
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'));
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'boolean' ? String(value) : numberText(value);
}
