/**
 * Two files that take turns: records are appended to one until it is full, while what the other
 * holds is made durable in the engine, so that it can be written over.
 */
import type { Disk } from '../../../platform/files/disk.ts';
import type { Random } from '../../../platform/random.ts';
import { EngineError } from '../engine.ts';
import { encodeRecord, sequenceOf } from './record.ts';
import type { JournalRecord } from './record.ts';
import { HEAD_BYTES, markOf, recordsAfter, startSegment, type Segment } from './segment.ts';

export interface JournalOptions {
  /** Folder of the files. */
  readonly path: string;
  readonly disk: Disk;
  readonly random: Random;
}

const MARKS = 2 ** 32;

export class Journal {
  readonly #options: JournalOptions;
  readonly #segments: Segment[] = [];
  /** Records after a crash, ascending. */
  #left: Buffer[] = [];
  #active = 0;
  /** How often a file was full and the other one's turn came. */
  turns = 0;
  /** Up to this sequence the engine has everything, durably. */
  #durable: number;

  private constructor(options: JournalOptions, durable: number) {
    this.#options = options;
    this.#durable = durable;
  }

  /**
   * What is there, if anything is. `applied` is the newest sequence that the engine has.
   *
   * @throws EngineError `corrupt` if records between that and the newest one are missing.
   */
  static async open(options: JournalOptions, applied: number): Promise<Journal> {
    const journal = new Journal(options, applied);
    await journal.#read(applied);
    return journal;
  }

  async #read(applied: number): Promise<void> {
    const { disk, path: folder } = this.#options;
    for (const path of this.#paths) {
      const file = await disk.openDurable(path, 0);
      if (file === undefined) continue;
      const { crc32 } = file;
      const bytes = await file.read();
      const mark = markOf(bytes, path, crc32);
      if (mark === undefined) {
        await file.close();
        continue;
      }
      this.#segments.push({ file, mark, end: HEAD_BYTES, newest: 0 });
      this.#left.push(...recordsAfter(applied, { bytes, mark, crc32 }));
    }
    this.#left.sort((a, b) => sequenceOf(a, 0) - sequenceOf(b, 0));
    let expected = applied + 1;
    for (const record of this.#left)
      if (sequenceOf(record, 0) !== expected++)
        throw new EngineError(
          'corrupt',
          `the journal in ${folder} is damaged: record ${expected - 1} is missing, ` +
            `but later ones are there; restore the member from a snapshot or from the others`,
        );
  }

  get #paths(): readonly string[] {
    return [1, 2].map((number) => `${this.#options.path}/journal-${number}`);
  }

  /** Whole records that the engine had not applied, ascending; handed out once. */
  takeLeft(): readonly Buffer[] {
    const left = this.#left;
    this.#left = [];
    return left;
  }

  get isPrepared(): boolean {
    return this.#segments.length === 2;
  }

  get segmentBytes(): number {
    return this.#segments[0]?.file.size ?? 0;
  }

  /** Makes the files, or makes them larger. Nothing in them may be needed any more. */
  async prepare(bytes: number): Promise<void> {
    const { disk, random } = this.#options;
    await this.close();
    for (const path of this.#paths) {
      const file = await disk.openDurable(path, bytes);
      if (file === undefined) return;
      this.#segments.push(await startSegment(file, random.below(MARKS, 'mark of a journal')));
    }
  }

  /**
   * Whether the record can be appended. Once a file is full the other one's turn has come, if the
   * engine has all that it holds.
   */
  hasRoom(bytes: number): boolean {
    const active = this.#segments[this.#active];
    if (!this.isPrepared || active === undefined) return false;
    if (active.end + bytes <= active.file.size) return true;
    const other = this.#segments[1 - this.#active]!;
    if (other.newest > this.#durable || HEAD_BYTES + bytes > other.file.size) return false;
    this.#active = 1 - this.#active;
    this.turns++;
    return true;
  }

  /** After {@link hasRoom}, one at a time. Durable when it resolves. */
  append(record: JournalRecord, mayBlock: boolean): Promise<void> {
    const segment = this.#segments[this.#active]!;
    const bytes = encodeRecord(record, segment.mark, segment.file.crc32);
    const at = segment.end;
    segment.end += bytes.length;
    segment.newest = record.sequence;
    return translated(segment.file.write(bytes, at, { mayBlock }));
  }

  /** The engine has everything up to `sequence`, durably. */
  durable(sequence: number): void {
    this.#durable = sequence;
    for (const segment of this.#segments) if (segment.newest <= sequence) segment.end = HEAD_BYTES;
  }

  async remove(): Promise<void> {
    await this.close();
    for (const path of this.#paths) await this.#options.disk.remove(path);
  }

  async close(): Promise<void> {
    for (const { file } of this.#segments.splice(0)) await file.close();
  }
}

async function translated(write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: string };
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    throw new EngineError(isFull ? 'noSpace' : 'failed', `journal: ${message}`, error);
  }
}
