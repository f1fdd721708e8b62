/**
 * Commands as log entries carry them: u8 format, f64 request ID, u8 command type, fields.
 * Old entries must stay readable for as long as logs keep them: a change makes a new format.
 *
 * The request ID leads an applied entry back to the caller who waits for it.
 */
import { assert } from '../../platform/assert.ts';
import { Blocks } from '../../platform/bytes/blocks.ts';
import type {
  Compare,
  CompareResult,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  SortTarget,
  TxnRequest,
} from '../kv.ts';
import type { Caller, Command, CommandType } from '../mvcc/command.ts';
import { ByteReader, ByteWriter } from './bytes.ts';

const FORMAT = 1;
/** The same, with a {@link Caller} (text, f64) before the command's type. */
const FORMAT_WITH_CALLER = 2;
const HEADER_BYTES = 9;
/** The header and a command's small fields. */
const COMMAND_BYTES = 48;

/** Where entries wait in the log. */
const blocks = new Blocks();
const allocate = (bytes: number): Buffer => blocks.allocate(bytes);

/** Positions are the codes on disk: only ever add at the end. */
const commandTypes = [
  'put',
  'deleteRange',
  'txn',
  'compact',
  'leaseGrant',
  'leaseRevoke',
  'leaseCheckpoint',
  'alarm',
  'auth',
] as const;
const opTypes = ['range', 'put', 'deleteRange', 'txn', 'empty'] as const;
const compareResults: readonly CompareResult[] = ['equal', 'greater', 'less', 'notEqual'];
const compareTargets = ['version', 'create', 'mod', 'lease', 'value'] as const;
const sortTargets: readonly SortTarget[] = ['key', 'version', 'create', 'mod', 'value'];
commandTypes satisfies readonly CommandType[];
opTypes satisfies readonly RequestOp['type'][];
compareTargets satisfies readonly Compare['target'][];

export function encodeCommand(command: Command, requestId: number, caller?: Caller): Buffer {
  const out = new ByteWriter(COMMAND_BYTES + expectedBytes(command), allocate);
  out.byte(caller === undefined ? FORMAT : FORMAT_WITH_CALLER);
  out.double(requestId);
  if (caller !== undefined) {
    out.bytes(Buffer.from(caller.user));
    out.double(caller.revision);
  }
  out.byte(commandTypes.indexOf(command.type));
  switch (command.type) {
    case 'put':
      writePut(out, command.request);
      break;
    case 'deleteRange':
      writeDeleteRange(out, command.request);
      break;
    case 'txn':
      writeTxn(out, command.request);
      break;
    case 'compact':
      out.double(command.revision);
      break;
    case 'leaseGrant':
      out.u64(command.id);
      out.double(command.ttlSeconds);
      break;
    case 'leaseRevoke':
      out.u64(command.id);
      break;
    case 'leaseCheckpoint':
    case 'alarm':
    case 'auth':
      // Rare ones need no format of their own.
      out.bytes(Buffer.from(JSON.stringify(command)));
  }
  return out.finish();
}

/** Room for the values, which are what is large: a buffer that has to grow is copied. */
function expectedBytes(command: Command): number {
  if (command.type === 'put') return command.request.key.length + command.request.value.length;
  if (command.type !== 'txn') return 0;
  let bytes = 0;
  for (const { key } of command.request.compare) bytes += key.length + 32;
  for (const ops of [command.request.success, command.request.failure]) {
    for (const op of ops)
      bytes += op.type === 'put' ? op.request.key.length + op.request.value.length + 32 : 128;
  }
  return bytes;
}

/** Asked of every entry that is applied: nothing is allocated for it. */
export function requestIdOf(entry: Uint8Array): number {
  return (Buffer.prototype as Buffer).readDoubleBE.call(entry, 1);
}

function readCaller(input: ByteReader): Caller {
  return { user: input.bytes().toString(), revision: input.double() };
}

/** Undefined for a command that asks for no permission: of this store itself, or without users. */
export function callerOf(entry: Uint8Array): Caller | undefined {
  if (entry[0] !== FORMAT_WITH_CALLER) return undefined;
  return readCaller(new ByteReader(entry, HEADER_BYTES));
}

export function decodeCommand(entry: Uint8Array): Command {
  const input = new ByteReader(entry, HEADER_BYTES);
  if (entry[0] === FORMAT_WITH_CALLER) readCaller(input);
  else assert(entry[0] === FORMAT, `command format ${entry[0]} is known`);
  const command = readCommand(input);
  assert(input.done, 'an encoded command has no rest');
  return command;
}

function readCommand(input: ByteReader): Command {
  const type = pick(commandTypes, input.byte());
  switch (type) {
    case 'put':
      return { type, request: readPut(input) };
    case 'deleteRange':
      return { type, request: readDeleteRange(input) };
    case 'txn':
      return { type, request: readTxn(input) };
    case 'compact':
      return { type, revision: input.double() };
    case 'leaseGrant':
      return { type, id: input.u64(), ttlSeconds: input.double() };
    case 'leaseRevoke':
      return { type, id: input.u64() };
    case 'leaseCheckpoint':
    case 'alarm':
    case 'auth':
      return JSON.parse(input.bytes().toString()) as Extract<Command, { type: typeof type }>;
  }
}

/** Which optional parts follow: one bit each, least first. */
function flags(...bits: (boolean | undefined)[]): number {
  return bits.reduce((sum, bit, i) => sum + (bit === true ? 1 << i : 0), 0);
}

function bit(mask: number, i: number): boolean {
  return (mask & (1 << i)) !== 0;
}

function pick<T>(table: readonly T[], code: number): T {
  const value = table[code];
  assert(value !== undefined, `code ${code} is known`);
  return value;
}

function writePut(out: ByteWriter, request: PutRequest): void {
  const leased = request.lease !== undefined && request.lease !== '0';
  out.byte(flags(leased, request.prevKv, request.ignoreValue, request.ignoreLease));
  out.string(request.key);
  out.bytes(request.value);
  if (leased) out.u64(request.lease);
}

function readPut(input: ByteReader): PutRequest {
  const mask = input.byte();
  const key = input.string();
  const value = input.bytes();
  return {
    key,
    value,
    ...(bit(mask, 0) && { lease: input.u64() }),
    ...(bit(mask, 1) && { prevKv: true }),
    ...(bit(mask, 2) && { ignoreValue: true }),
    ...(bit(mask, 3) && { ignoreLease: true }),
  };
}

function writeDeleteRange(out: ByteWriter, request: DeleteRangeRequest): void {
  out.byte(flags(request.rangeEnd !== undefined, request.prevKv));
  out.string(request.key);
  if (request.rangeEnd !== undefined) out.string(request.rangeEnd);
}

function readDeleteRange(input: ByteReader): DeleteRangeRequest {
  const mask = input.byte();
  const key = input.string();
  return {
    key,
    ...(bit(mask, 0) && { rangeEnd: input.string() }),
    ...(bit(mask, 1) && { prevKv: true }),
  };
}

function writeTxn(out: ByteWriter, request: TxnRequest): void {
  out.varint(request.compare.length);
  for (const compare of request.compare) writeCompare(out, compare);
  for (const branch of [request.success, request.failure]) {
    out.varint(branch.length);
    for (const operation of branch) writeOp(out, operation);
  }
}

function readTxn(input: ByteReader): TxnRequest {
  const many = <T>(read: (input: ByteReader) => T): T[] =>
    Array.from({ length: input.varint() }, () => read(input));
  return { compare: many(readCompare), success: many(readOp), failure: many(readOp) };
}

function writeCompare(out: ByteWriter, compare: Compare): void {
  out.byte(compareTargets.indexOf(compare.target));
  out.byte(compareResults.indexOf(compare.result));
  out.byte(flags(compare.rangeEnd !== undefined));
  out.string(compare.key);
  if (compare.rangeEnd !== undefined) out.string(compare.rangeEnd);
  if (compare.target === 'value') out.bytes(compare.operand);
  else if (compare.target === 'lease') out.string(compare.operand);
  else out.double(compare.operand);
}

function readCompare(input: ByteReader): Compare {
  const target = pick(compareTargets, input.byte());
  const result = pick(compareResults, input.byte());
  const mask = input.byte();
  const at = {
    key: input.string(),
    ...(bit(mask, 0) && { rangeEnd: input.string() }),
    result,
  };
  if (target === 'value') return { ...at, target, operand: input.bytes() };
  if (target === 'lease') return { ...at, target, operand: input.string() };
  return { ...at, target, operand: input.double() };
}

function writeOp(out: ByteWriter, operation: RequestOp): void {
  out.byte(opTypes.indexOf(operation.type));
  if (operation.type === 'range') writeRange(out, operation.request);
  else if (operation.type === 'put') writePut(out, operation.request);
  else if (operation.type === 'deleteRange') writeDeleteRange(out, operation.request);
  else if (operation.type === 'txn') writeTxn(out, operation.request);
}

function readOp(input: ByteReader): RequestOp {
  const type = pick(opTypes, input.byte());
  switch (type) {
    case 'range':
      return { type, request: readRange(input) };
    case 'put':
      return { type, request: readPut(input) };
    case 'deleteRange':
      return { type, request: readDeleteRange(input) };
    case 'txn':
      return { type, request: readTxn(input) };
    case 'empty':
      return { type };
  }
}

const rangeNumbers = [
  'limit',
  'revision',
  'minModRevision',
  'maxModRevision',
  'minCreateRevision',
  'maxCreateRevision',
] as const;

function writeRange(out: ByteWriter, request: RangeRequest): void {
  const { rangeEnd, sort, serializable, keysOnly, countOnly } = request;
  out.byte(flags(rangeEnd !== undefined, sort !== undefined, serializable, keysOnly, countOnly));
  out.byte(flags(...rangeNumbers.map((name) => request[name] !== undefined)));
  out.string(request.key);
  if (rangeEnd !== undefined) out.string(rangeEnd);
  if (sort !== undefined)
    out.byte(sortTargets.indexOf(sort.target) * 2 + (sort.order === 'descend' ? 1 : 0));
  for (const name of rangeNumbers) if (request[name] !== undefined) out.double(request[name]);
}

function readRange(input: ByteReader): RangeRequest {
  const mask = input.byte();
  const numbersMask = input.byte();
  const key = input.string();
  const rangeEnd = bit(mask, 0) ? { rangeEnd: input.string() } : {};
  const sort = bit(mask, 1) ? { sort: readSort(input.byte()) } : {};
  const numbers: Partial<Record<(typeof rangeNumbers)[number], number>> = {};
  rangeNumbers.forEach((name, i) => {
    if (bit(numbersMask, i)) numbers[name] = input.double();
  });
  return {
    key,
    ...rangeEnd,
    ...sort,
    ...numbers,
    ...(bit(mask, 2) && { serializable: true }),
    ...(bit(mask, 3) && { keysOnly: true }),
    ...(bit(mask, 4) && { countOnly: true }),
  };
}

function readSort(code: number): NonNullable<RangeRequest['sort']> {
  const target = pick(sortTargets, code >> 1);
  return { target, order: code % 2 === 1 ? 'descend' : 'ascend' };
}
