import type { Compare, CompareResult } from '../../kv.ts';
import { bytesTag, varintTag, WireError, type WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';
import { NO_BYTES } from './key-value.ts';

/** Positions are Compare.CompareResult's numbers. */
const results: readonly CompareResult[] = ['equal', 'greater', 'less', 'notEqual'];
/** Positions are Compare.CompareTarget's numbers. */
const targets: readonly Compare['target'][] = ['version', 'create', 'mod', 'value', 'lease'];

export function writeCompare(writer: WireWriter, field: number, compare: Compare): void {
  const mark = writer.mark();
  writer.byteString(64, compare.rangeEnd);
  switch (compare.target) {
    case 'version':
      writer.int(4, compare.operand);
      break;
    case 'create':
      writer.int(5, compare.operand);
      break;
    case 'mod':
      writer.int(6, compare.operand);
      break;
    case 'value':
      writer.bytes(7, compare.operand);
      break;
    case 'lease':
      writer.id(8, compare.operand);
      break;
  }
  writer.byteString(3, compare.key);
  writer.int(2, targets.indexOf(compare.target));
  writer.int(1, results.indexOf(compare.result));
  writer.message(field, mark);
}

/** The last operand on the wire; it counts only if it is the one the target asks for. */
interface Operand {
  target: Compare['target'] | undefined;
  number: number;
  bytes: Uint8Array;
  id: string;
}

function readOperand(reader: WireReader, tag: number, operand: Operand): boolean {
  if (tag === varintTag(4) || tag === varintTag(5) || tag === varintTag(6)) {
    operand.target = tag === varintTag(4) ? 'version' : tag === varintTag(5) ? 'create' : 'mod';
    operand.number = reader.int();
  } else if (tag === bytesTag(7)) {
    operand.target = 'value';
    operand.bytes = reader.bytes();
  } else if (tag === varintTag(8)) {
    operand.target = 'lease';
    operand.id = reader.id();
  } else return false;
  return true;
}

export function readCompare(reader: WireReader): Compare {
  const outer = reader.enter();
  let resultNumber = 0;
  let targetNumber = 0;
  let key = '';
  let rangeEnd = '';
  const operand: Operand = { target: undefined, number: 0, bytes: NO_BYTES, id: '0' };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) resultNumber = reader.int();
    else if (tag === varintTag(2)) targetNumber = reader.int();
    else if (tag === bytesTag(3)) key = reader.byteString();
    else if (tag === bytesTag(64)) rangeEnd = reader.byteString();
    else if (!readOperand(reader, tag, operand)) reader.skip(tag);
  }
  reader.leave(outer);
  const result = results[resultNumber];
  const target = targets[targetNumber];
  if (result === undefined) throw new WireError(`unknown compare result ${resultNumber}`);
  if (target === undefined) throw new WireError(`unknown compare target ${targetNumber}`);
  const given = operand.target === target;
  const base = { key, result, ...(rangeEnd === '' ? {} : { rangeEnd }) };
  if (target === 'value') return { ...base, target, operand: given ? operand.bytes : NO_BYTES };
  if (target === 'lease') return { ...base, target, operand: given ? operand.id : '0' };
  return { ...base, target, operand: given ? operand.number : 0 };
}
