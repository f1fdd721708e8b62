import type { ByteSink } from '../../platform/bytes/byte-stream.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ContainerFiles } from './container-files.ts';

/** Whom a container's commands run as. */
export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  /** Further ones. */
  readonly groups: readonly number[];
}

/** The simulated container as commands find it. */
export interface ContainerWorld {
  readonly clock: Clock;
  readonly hostname: string;
  readonly user: ContainerUser;
  readonly files: ContainerFiles;
  /** Its own process, as `ps` shows it. */
  readonly mainCommand: string;
  readonly startedAtMs: number;
  /** What a terminal's columns and line ends are for. */
  readonly tty: boolean;
  /** SIGTERM to its own process. */
  terminate(): void;
}

export interface CommandIo {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: ByteSink;
  readonly stderr: ByteSink;
  readonly signal: AbortSignal;
}

/** One command to be run; `words` begins with its name. */
export interface Call {
  readonly words: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
  readonly io: CommandIo;
  readonly world: ContainerWorld;
}

/** Resolves with the exit code. */
export type Program = (call: Call) => Promise<number>;

export const print = (call: Call, text: string): Promise<void> =>
  call.io.stdout.write(Buffer.from(text));

/** "cat: can't open 'x': …"; resolves with `code`. */
export async function complain(call: Call, text: string, code = 1): Promise<number> {
  await call.io.stderr.write(Buffer.from(`${call.words[0]!.split('/').at(-1)}: ${text}\n`));
  return code;
}
