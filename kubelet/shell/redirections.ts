import type { ByteSink } from '../../platform/bytes/byte-stream.ts';
import type { CommandIo, ContainerWorld } from './call.ts';
import { absolute, FileFault } from './container-files.ts';
import { Input } from './input.ts';
import type { Redirection } from './line.ts';

/** Of a pipe or a substitution; what is written beyond is dropped. */
const MAX_CAPTURED_BYTES = 1 << 20;

export class Collector implements ByteSink {
  readonly #chunks: Uint8Array[] = [];
  #left: number;

  constructor(maxBytes = MAX_CAPTURED_BYTES) {
    this.#left = maxBytes;
  }

  write(bytes: Uint8Array): Promise<void> {
    this.#chunks.push(bytes.subarray(0, this.#left));
    this.#left -= Math.min(this.#left, bytes.length);
    return Promise.resolve();
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

/** The streams of one command after its redirections. */
export class Redirected {
  readonly #world: ContainerWorld;
  readonly #cwd: string;
  readonly #written: { readonly path: string; readonly sink: Collector; before: Buffer }[] = [];
  io: CommandIo;

  constructor(world: ContainerWorld, cwd: string, io: CommandIo) {
    this.#world = world;
    this.#cwd = cwd;
    this.io = io;
  }

  copy(from: Redirection['from'], to: 'stdout' | 'stderr'): void {
    this.io = { ...this.io, [from]: this.io[to] };
  }

  /** Resolves with why it cannot be, if it cannot. */
  async open({ from, append }: Redirection, name: string): Promise<string | undefined> {
    try {
      await (from === 'stdin' ? this.#read(name) : this.#write(from, name, append));
      return undefined;
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      return `can't ${from === 'stdin' ? 'open' : 'create'} ${name}: ${error.message}`;
    }
  }

  async #read(name: string): Promise<void> {
    const path = absolute(name, this.#cwd);
    const bytes = path === '/dev/null' ? Buffer.alloc(0) : await this.#world.files.read(path);
    this.io = { ...this.io, stdin: inputOf(bytes) };
  }

  /** The file is there from now on, whatever the command writes. */
  async #write(from: Redirection['from'], name: string, append: boolean): Promise<void> {
    const path = absolute(name, this.#cwd);
    const sink = new Collector();
    this.io = { ...this.io, [from]: sink };
    if (path === '/dev/null') return;
    const { files, clock } = this.#world;
    const found = append ? await files.find(path) : undefined;
    const before = found?.kind === 'file' ? found.file.bytes : Buffer.alloc(0);
    await files.write(path, before, clock.now());
    this.#written.push({ path, sink, before });
  }

  /** What was written is in the files from now on; or why it is not. */
  async close(): Promise<string | undefined> {
    const { files, clock } = this.#world;
    try {
      for (const { path, sink, before } of this.#written)
        await files.write(path, Buffer.concat([before, sink.bytes]), clock.now());
      return undefined;
    } catch (error) {
      if (error instanceof FileFault) return error.message;
      throw error;
    }
  }
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

export const inputOf = (bytes: Uint8Array): AsyncIterable<Uint8Array> =>
  new Input(only(bytes)).chunks;
