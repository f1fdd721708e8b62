/**
 * Raft's messages as frames, numbers big-endian:
 *
 *     u8 type, u64 from, u64 to, f64 term, fields of the type in the order of {@link write}
 *
 * Entries of an append follow each other, so only the first one's index is told.
 */
import { assert } from '../../platform/assert.ts';
import type { Entry, EntryType, Proposal } from '../raft/entry.ts';
import type { Message, MessageBody, MessageType } from '../raft/message.ts';
import { ByteReader, ByteWriter } from '../persistence/bytes.ts';

/** Positions are the codes on the wire: only ever add at the end. */
const types = [
  'preVote',
  'preVoteResponse',
  'vote',
  'voteResponse',
  'append',
  'appendResponse',
  'snapshot',
  'heartbeat',
  'heartbeatResponse',
  'readIndex',
  'readIndexResponse',
  'propose',
  'timeoutNow',
  'commit',
] as const satisfies readonly MessageType[];
const entryTypes: readonly EntryType[] = ['normal', 'configuration', 'cluster'];

function sizeOf(message: Message): number {
  if (message.type === 'append')
    return message.entries.reduce((sum, { data }) => sum + data.length + 16, 64);
  if (message.type === 'propose')
    return message.proposals.reduce((sum, { data }) => sum + data.length + 16, 64);
  return 64;
}

export function encodeMessage(message: Message): Buffer {
  const out = new ByteWriter(sizeOf(message));
  out.byte(types.indexOf(message.type));
  out.u64(message.from);
  out.u64(message.to);
  out.double(message.term);
  write(out, message);
  return out.finish();
}

function write(out: ByteWriter, message: MessageBody): void {
  switch (message.type) {
    case 'preVote':
    case 'vote':
      out.double(message.lastIndex);
      out.double(message.lastTerm);
      out.byte(message.type === 'vote' && message.force === true ? 1 : 0);
      break;
    case 'preVoteResponse':
    case 'voteResponse':
      out.byte(message.granted ? 1 : 0);
      break;
    case 'append':
      out.double(message.previousIndex);
      out.double(message.previousTerm);
      out.double(message.commit);
      out.varint(message.entries.length);
      for (const entry of message.entries) {
        out.double(entry.term);
        writeProposal(out, entry);
      }
      break;
    case 'appendResponse':
      out.double(message.index);
      out.byte(message.rejected === undefined ? 0 : 1);
      out.double(message.rejected?.hintIndex ?? 0);
      out.double(message.rejected?.hintTerm ?? 0);
      break;
    case 'snapshot':
    case 'commit':
      out.double(message.point.index);
      out.double(message.point.term);
      break;
    case 'heartbeat':
      out.double(message.commit);
      out.double(message.readContext ?? 0);
      break;
    case 'heartbeatResponse':
      out.double(message.readContext ?? 0);
      break;
    case 'readIndex':
      out.double(message.context);
      break;
    case 'readIndexResponse':
      out.double(message.context);
      out.double(message.index);
      break;
    case 'propose':
      out.varint(message.proposals.length);
      for (const proposal of message.proposals) writeProposal(out, proposal);
      break;
    case 'timeoutNow':
  }
}

function writeProposal(out: ByteWriter, { type, data }: Proposal): void {
  out.byte(entryTypes.indexOf(type));
  out.bytes(data);
}

/** Entries' data are views of the frame. */
export function decodeMessage(frame: Buffer): Message {
  const input = new ByteReader(frame);
  const type = types[input.byte()];
  assert(type !== undefined, `message type ${frame[0]} is known`);
  const header = { from: input.u64(), to: input.u64(), term: input.double() };
  assert(Number.isSafeInteger(header.term), 'a term is an integer');
  // The body is new: to add to it costs less than a third object.
  return Object.assign(read(input, type), header);
}

function read(input: ByteReader, type: MessageType): MessageBody {
  switch (type) {
    case 'preVote':
    case 'vote': {
      const end = { lastIndex: input.double(), lastTerm: input.double() };
      const force = input.byte() === 1;
      return type === 'vote' && force ? { type, ...end, force } : { type, ...end };
    }
    case 'preVoteResponse':
    case 'voteResponse':
      return { type, granted: input.byte() === 1 };
    case 'append':
      return readAppend(input);
    case 'appendResponse': {
      const index = input.double();
      const isRejected = input.byte() === 1;
      const rejected = { hintIndex: input.double(), hintTerm: input.double() };
      return isRejected ? { type, index, rejected } : { type, index };
    }
    case 'snapshot':
    case 'commit':
      return { type, point: { index: input.double(), term: input.double() } };
    case 'heartbeat':
      return { type, commit: input.double(), ...readContext(input) };
    case 'heartbeatResponse':
      return { type, ...readContext(input) };
    case 'readIndex':
      return { type, context: input.double() };
    case 'readIndexResponse':
      return { type, context: input.double(), index: input.double() };
    case 'propose': {
      const count = input.varint();
      return { type, proposals: Array.from({ length: count }, () => readProposal(input)) };
    }
    case 'timeoutNow':
      return { type };
  }
}

/** Rounds of reads count from 1. */
function readContext(input: ByteReader): { readContext?: number } {
  const context = input.double();
  return context === 0 ? {} : { readContext: context };
}

function readAppend(input: ByteReader): MessageBody {
  const [previousIndex, previousTerm, commit] = [input.double(), input.double(), input.double()];
  const entries: Entry[] = [];
  for (let count = input.varint(); count > 0; count--) {
    const term = input.double();
    entries.push({ term, index: previousIndex + 1 + entries.length, ...readProposal(input) });
  }
  return { type: 'append', previousIndex, previousTerm, commit, entries };
}

function readProposal(input: ByteReader): Proposal {
  const type = entryTypes[input.byte()];
  assert(type !== undefined, 'an entry type is known');
  return { type, data: input.bytes() };
}
