/**
 * What a container wrote, in files as the kubelet keeps them: lines of the CRI's format
 * (`<time> stdout F <text>`; P in place of F if the line goes on), 10 MiB a file, five files.
 */
import { formatMicroTime, parseTime } from '../../api/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { FileAppender, FileTree } from '../../platform/files/file-tree.ts';
import type { LogEntry, LogQuery } from '../container-streams.ts';

/** kubelet's containerLogMaxSize and containerLogMaxFiles. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;
const MAX_FILES = 5;
/** As the CRI does it: longer lines are written in parts. */
const MAX_LINE_BYTES = 16 * 1024;
const READ_BYTES = 64 * 1024;

const NEWLINE = 10;

type StreamName = LogEntry['stream'];

export interface ContainerLogOptions {
  readonly files: FileTree;
  readonly clock: Clock;
  /** Path of the newest file; older ones are called `.1`, `.2`, … */
  readonly path: string;
  readonly maxFileBytes?: number;
}

/** Where a reader is: which file by its number since the start, and where in it. */
interface Position {
  file: number;
  offset: number;
}

export class ContainerLog {
  readonly #options: ContainerLogOptions;
  readonly #rest: Record<StreamName, Buffer> = {
    stdout: Buffer.alloc(0),
    stderr: Buffer.alloc(0),
  };
  readonly #waiting = new Set<() => void>();
  #appender: FileAppender | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  /** Grows with each change. */
  #version = 0;
  /** Files begun before the newest one. */
  #rotations = 0;
  #ended = false;

  constructor(options: ContainerLogOptions) {
    this.#options = options;
  }

  /** Resolves when it is in the file. */
  write(stream: StreamName, bytes: Uint8Array): Promise<void> {
    this.#rest[stream] = Buffer.concat([this.#rest[stream], bytes]);
    return this.#enqueue(() => this.#take(stream, false));
  }

  /** Nothing more comes: what is left of lines is written, and readers end. */
  end(): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#ended) return;
      for (const stream of ['stdout', 'stderr'] as const) await this.#take(stream, true);
      this.#ended = true;
      await this.#appender?.close();
      this.#appender = undefined;
      this.#changed();
    });
  }

  /** A log of an earlier agent's that nobody writes any more. */
  endedBefore(): this {
    this.#ended = true;
    return this;
  }

  async *read(query: LogQuery): AsyncGenerator<LogEntry> {
    const { sinceMs, signal } = query;
    const position = await this.#first(query.tailLines);
    let rest = Buffer.alloc(0);
    while (!signal.aborted) {
      const { bytes, over, rotations, version } = await this.#readAt(position);
      if (bytes.length === 0) {
        if (position.file < rotations) {
          // The last of an older file has been read; files that are gone are skipped.
          position.file = Math.max(position.file + 1, rotations - (MAX_FILES - 1));
          position.offset = 0;
          continue;
        }
        if (over || !query.follow) return;
        await this.#change(version, signal);
        continue;
      }
      position.offset += bytes.length;
      rest = rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([rest, bytes]);
      let from = 0;
      for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, from)) {
        const entry = entryOf(rest.subarray(from, end));
        from = end + 1;
        if (entry !== undefined && (sinceMs === undefined || entry.atMs >= sinceMs)) yield entry;
      }
      rest = rest.subarray(from);
    }
  }

  /** Writes and reads take turns: no file is rotated away from under a reader. */
  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #take(stream: StreamName, last: boolean): Promise<void> {
    const rest = this.#rest[stream];
    const head = `${formatMicroTime(this.#options.clock.now()).slice(0, -1)}000Z ${stream} `;
    const parts: Buffer[] = [];
    let from = 0;
    const add = (mark: 'F' | 'P', to: number): void => {
      parts.push(Buffer.from(`${head}${mark} `), rest.subarray(from, to), Buffer.from('\n'));
    };
    for (;;) {
      const end = rest.indexOf(NEWLINE, from);
      if (end >= 0 && end - from <= MAX_LINE_BYTES) {
        add('F', end);
        from = end + 1;
      } else if (rest.length - from > MAX_LINE_BYTES) {
        add('P', from + MAX_LINE_BYTES);
        from += MAX_LINE_BYTES;
      } else break;
    }
    if (last && from < rest.length) {
      // No newline ended it, and none may be added where it is shown.
      add('P', rest.length);
      from = rest.length;
    }
    this.#rest[stream] = Buffer.from(rest.subarray(from));
    if (parts.length > 0) await this.#append(Buffer.concat(parts));
  }

  async #append(bytes: Buffer): Promise<void> {
    const { files, path, maxFileBytes: most = MAX_FILE_BYTES } = this.#options;
    if (this.#appender !== undefined && this.#appender.bytes >= most) {
      await this.#appender.close();
      this.#appender = undefined;
      for (let age = MAX_FILES - 1; age >= 1; age--) await this.#age(age);
      this.#rotations++;
    }
    this.#appender ??= await files.append(path);
    await this.#appender.write(bytes);
    this.#changed();
  }

  async #age(age: number): Promise<void> {
    const { files } = this.#options;
    const from = this.#pathOf(age - 1);
    if ((await files.kindOf(from)) !== undefined) await files.rename(from, this.#pathOf(age));
  }

  #pathOf(age: number): string {
    return age === 0 ? this.#options.path : `${this.#options.path}.${age}`;
  }

  #readAt({ file, offset }: Position) {
    return this.#enqueue(async () => {
      const path = this.#pathOf(this.#rotations - file);
      const bytes = await this.#options.files.read(path, offset, READ_BYTES);
      return { bytes, over: this.#ended, rotations: this.#rotations, version: this.#version };
    });
  }

  /** Where the last so many lines begin; with undefined, the oldest that is kept. */
  #first(lines: number | undefined): Promise<Position> {
    return this.#enqueue(() => this.#find(lines));
  }

  async #find(lines: number | undefined): Promise<Position> {
    const { files } = this.#options;
    let oldest = 0;
    while (oldest < MAX_FILES - 1 && (await files.kindOf(this.#pathOf(oldest + 1)))) oldest++;
    const start = { file: this.#rotations - oldest, offset: 0 };
    if (lines === undefined) return start;
    let missing = lines;
    for (let age = 0; age <= oldest; age++) {
      const begins = await this.#lineStarts(this.#pathOf(age));
      const offset = begins.at(-missing);
      if (missing === 0) return { file: this.#rotations, offset: begins.end };
      if (offset !== undefined) return { file: this.#rotations - age, offset };
      missing -= begins.length;
    }
    return start;
  }

  /** Where each whole line of a file begins: one number each, of 10 MiB at most. */
  async #lineStarts(path: string): Promise<number[] & { end: number }> {
    const starts: number[] = [];
    let start = 0;
    let partial = false;
    for (let offset = 0; ;) {
      const bytes = Buffer.from(await this.#options.files.read(path, offset, READ_BYTES));
      if (bytes.length === 0) return Object.assign(starts, { end: start });
      let from = start - offset;
      if (from < 0) from = 0;
      for (
        let end = bytes.indexOf(NEWLINE, from);
        end >= 0;
        end = bytes.indexOf(NEWLINE, end + 1)
      ) {
        if (!partial) starts.push(start);
        // Parts of a line count once. Short lines whose mark was read before are whole.
        partial = end - (start - offset) > MAX_LINE_BYTES;
        start = offset + end + 1;
      }
      offset += bytes.length;
    }
  }

  #changed(): void {
    this.#version++;
    for (const done of [...this.#waiting]) done();
  }

  #change(since: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted || since !== this.#version) done();
    });
  }
}

/** "2026-11-21T04:08:00.123000000Z stdout F text"; undefined for what is no such line. */
function entryOf(line: Buffer): LogEntry | undefined {
  const first = line.indexOf(32);
  const second = line.indexOf(32, first + 1);
  const third = line.indexOf(32, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const atMs = parseTime(line.toString('latin1', 0, first));
  const stream = line.toString('latin1', first + 1, second);
  if (atMs === undefined || (stream !== 'stdout' && stream !== 'stderr')) return undefined;
  const partial = line[second + 1] === 0x50;
  return { atMs, stream, line: line.subarray(third + 1), ...(partial ? { partial } : {}) };
}
