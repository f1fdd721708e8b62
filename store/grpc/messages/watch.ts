import type { Event, WatchRequest } from '../../kv.ts';
import { bytesTag, varintTag, WireError, type WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';
import { readHeaderRevision, writeHeader, type ResponseHeader } from './header.ts';
import { readKeyValue, writeKeyValue, type Mutable } from './key-value.ts';

const NO_PUT = 0;
const NO_DELETE = 1;
const DELETE_EVENT = 1;

/** The watch ID of a refused create and of a stream's progress. */
export const NO_WATCH_ID = -1;

export interface WatchCreate {
  readonly type: 'create';
  readonly request: WatchRequest;
  /** 0: the server picks one. */
  readonly watchId: number;
  readonly fragment: boolean;
}

/** etcdserverpb.WatchRequest: what a client sends on its watch stream. */
export type WatchCommand =
  | WatchCreate
  | { readonly type: 'cancel'; readonly watchId: number }
  | { readonly type: 'progress' };

export interface WatchResponse {
  readonly watchId: number;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly compactRevision?: number;
  readonly cancelReason?: string;
  readonly fragment?: boolean;
  readonly events?: readonly Event[];
  /** In place of `events`: what {@link writeEvents} made of them. */
  readonly encodedEvents?: Uint8Array;
}

export function writeWatchCommand(writer: WireWriter, command: WatchCommand): void {
  const mark = writer.mark();
  switch (command.type) {
    case 'create':
      writeCreate(writer, command);
      writer.message(1, mark);
      break;
    case 'cancel':
      writer.int(1, command.watchId);
      writer.message(2, mark);
      break;
    case 'progress':
      writer.message(3, mark);
      break;
  }
}

function writeCreate(writer: WireWriter, { request, watchId, fragment }: WatchCreate): void {
  writer.bool(8, fragment);
  writer.int(7, watchId);
  writer.bool(6, request.prevKv);
  const filters = [
    ...(request.noPut === true ? [NO_PUT] : []),
    ...(request.noDelete === true ? [NO_DELETE] : []),
  ];
  writer.bytes(5, Uint8Array.from(filters));
  writer.bool(4, request.progressNotify);
  writer.int(3, request.startRevision ?? 0);
  writer.byteString(2, request.rangeEnd);
  writer.byteString(1, request.key);
}

/** Undefined for a command this store does not know; etcd ignores those as well. */
export function readWatchCommand(reader: WireReader): WatchCommand | undefined {
  let command: WatchCommand | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag !== bytesTag(1) && tag !== bytesTag(2) && tag !== bytesTag(3)) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter();
    if (tag === bytesTag(1)) command = readCreate(reader);
    else if (tag === bytesTag(2)) command = { type: 'cancel', watchId: readWatchId(reader) };
    else command = { type: 'progress' };
    reader.leave(outer);
  }
  return command;
}

function readWatchId(reader: WireReader): number {
  let watchId = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) watchId = reader.int();
    else reader.skip(tag);
  }
  return watchId;
}

function addFilter(request: Mutable<WatchRequest>, filter: number): void {
  if (filter === NO_PUT) request.noPut = true;
  if (filter === NO_DELETE) request.noDelete = true;
}

function readCreate(reader: WireReader): WatchCreate {
  const request: Mutable<WatchRequest> = { key: '' };
  let watchId = 0;
  let fragment = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) request.key = reader.byteString();
    else if (tag === bytesTag(2)) request.rangeEnd = reader.byteString();
    else if (tag === varintTag(3)) request.startRevision = reader.int();
    else if (tag === varintTag(4)) request.progressNotify = reader.bool();
    else if (tag === varintTag(5)) addFilter(request, reader.int());
    // Packed: both values are single bytes, so each byte is one filter.
    else if (tag === bytesTag(5)) for (const filter of reader.bytes()) addFilter(request, filter);
    else if (tag === varintTag(6)) request.prevKv = reader.bool();
    else if (tag === varintTag(7)) watchId = reader.int();
    else if (tag === varintTag(8)) fragment = reader.bool();
    else reader.skip(tag);
  }
  // An empty key is read as the least key.
  if (request.key === '') request.key = '\0';
  if (request.rangeEnd === '') delete request.rangeEnd;
  return { type: 'create', request, watchId, fragment };
}

export function writeEvent(writer: WireWriter, field: number, event: Event): void {
  const mark = writer.mark();
  if (event.prevKv !== undefined) writeKeyValue(writer, 3, event.prevKv);
  writeKeyValue(writer, 2, event.kv);
  if (event.type === 'delete') writer.int(1, DELETE_EVENT);
  writer.message(field, mark);
}

function readEvent(reader: WireReader): Event {
  const outer = reader.enter();
  let type: Event['type'] = 'put';
  let kv: Event['kv'] | undefined;
  let prevKv: Event['prevKv'];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) type = reader.int() === DELETE_EVENT ? 'delete' : 'put';
    else if (tag === bytesTag(2)) kv = readKeyValue(reader);
    else if (tag === bytesTag(3)) prevKv = readKeyValue(reader);
    else reader.skip(tag);
  }
  reader.leave(outer);
  if (kv === undefined) throw new WireError('an event has no key');
  return { type, kv, ...(prevKv === undefined ? {} : { prevKv }) };
}

/** As fields of a watch response. */
export function writeEvents(writer: WireWriter, events: readonly Event[]): void {
  for (let i = events.length - 1; i >= 0; i--) writeEvent(writer, 11, events[i]!);
}

export function writeWatchResponse(
  writer: WireWriter,
  header: ResponseHeader,
  response: WatchResponse,
): void {
  if (response.events !== undefined) writeEvents(writer, response.events);
  if (response.encodedEvents !== undefined) writer.raw(response.encodedEvents);
  writer.bool(7, response.fragment);
  writer.text(6, response.cancelReason);
  writer.int(5, response.compactRevision ?? 0);
  writer.bool(4, response.canceled);
  writer.bool(3, response.created);
  writer.int(2, response.watchId);
  writeHeader(writer, header);
}

/** A watch response as a client reads it, every field filled. */
export interface ReceivedWatchResponse extends Required<Omit<WatchResponse, 'encodedEvents'>> {
  readonly revision: number;
}

export function readWatchResponse(reader: WireReader): ReceivedWatchResponse {
  const events: Event[] = [];
  const response: Mutable<ReceivedWatchResponse> = {
    revision: 0,
    watchId: 0,
    created: false,
    canceled: false,
    compactRevision: 0,
    cancelReason: '',
    fragment: false,
    events,
  };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) response.revision = readHeaderRevision(reader);
    else if (tag === varintTag(2)) response.watchId = reader.int();
    else if (tag === varintTag(3)) response.created = reader.bool();
    else if (tag === varintTag(4)) response.canceled = reader.bool();
    else if (tag === varintTag(5)) response.compactRevision = reader.int();
    else if (tag === bytesTag(6)) response.cancelReason = reader.text();
    else if (tag === varintTag(7)) response.fragment = reader.bool();
    else if (tag === bytesTag(11)) events.push(readEvent(reader));
    else reader.skip(tag);
  }
  return response;
}
