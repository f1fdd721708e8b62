import type { ByteSink, ByteStream } from '../platform/bytes/byte-stream.ts';

/** One write of a container, or one line of it. */
export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly stream: 'stdout' | 'stderr';
  /** A line without its newline; `partial` if the line goes on in the next entry, or nowhere. */
  readonly line: Uint8Array;
  readonly partial?: boolean;
}

/** As it was written: without a newline where none was. */
export function textOf({ line, partial = false }: LogEntry): string {
  return `${Buffer.from(line).toString()}${partial ? '' : '\n'}`;
}

export interface LogQuery {
  /** Only the last so many lines; undefined: all that are kept. */
  readonly tailLines?: number;
  readonly sinceMs?: number;
  /** Goes on until the container ends or the signal aborts. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** What a terminal or a pipe at the other end of exec and attach is connected to. */
export interface ContainerIo {
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly stdout?: ByteSink;
  /** Never with `tty`: a terminal has one output. */
  readonly stderr?: ByteSink;
  readonly tty: boolean;
  /** Sizes of the terminal as they change. */
  readonly resizes?: AsyncIterable<{ readonly width: number; readonly height: number }>;
  /** Aborts when whoever asked has gone away. */
  readonly signal: AbortSignal;
}

/** What a container or more than one use. */
export interface ContainerUse {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Since it began; never less than before. */
  readonly cpuSeconds: number;
  /** On average over the last seconds. */
  readonly cores: number;
  readonly memoryBytes: number;
}

/** Bytes of the machine's disk that a pod takes, by name. */
export interface PodStorage {
  /** What its containers wrote outside of volumes, and their logs. */
  readonly containers: ReadonlyMap<string, number>;
  /** Its emptyDirs. */
  readonly volumes: ReadonlyMap<string, number>;
}

/** What a running container can be asked for, by the ids the runtime was given. */
export interface ContainerStreams {
  /** Oldest first. Throws a {@link ContainerStreamError} if no log of this container is kept. */
  logs(id: string, query: LogQuery): AsyncIterable<LogEntry>;
  /** Runs a command in the container; resolves with its exit code. */
  exec(id: string, command: readonly string[], io: ContainerIo): Promise<number>;
  /** Joins the container's own process; resolves when it or the caller has ended. */
  attach(id: string, io: ContainerIo): Promise<void>;
  /** Connects to a port of the pod as `kubectl port-forward` does: to its loopback address. */
  dial(podUid: string, port: number, signal: AbortSignal): Promise<ByteStream>;
  /** Undefined, or absent: nobody measures it. 'pending': it was not measured yet. */
  usage?(id: string): ContainerUse | 'pending' | undefined;
  /** Undefined, or absent: nobody measures it. */
  storage?(podUid: string): Promise<PodStorage | undefined>;
}

/** An expected refusal; the message is for whoever asked. */
export class ContainerStreamError extends Error {
  override readonly name = 'ContainerStreamError';
}
