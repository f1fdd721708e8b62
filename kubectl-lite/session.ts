import type { Clock } from '../platform/clock.ts';
import type { Api } from './api.ts';
import { Resources } from './resources.ts';

/** Where a command writes. Both take whole texts, newline included. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

/** Reads what `-f` names. Rejects with a UsageError in kubectl's words. */
export interface Files {
  /** The files of a path, sorted: itself, or the manifests of a folder (`deep`: and below it). */
  expand(path: string, deep: boolean): Promise<readonly string[]>;
  /** The text of a file, or of standard input for "-". */
  read(path: string): Promise<string>;
}

/** Everything a command needs: one server, the namespace in force and its surroundings. */
export class Session {
  readonly api: Api;
  /** The namespace of `-n`, else of the context, else "default". */
  readonly namespace: string;
  readonly output: Output;
  readonly files: Files;
  readonly clock: Clock;
  /** Aborts on Ctrl-C: a watch ends, the command exits. */
  readonly signal: AbortSignal;
  readonly #close: () => Promise<void>;
  #resources: Promise<Resources> | undefined;

  constructor(options: {
    api: Api;
    namespace: string;
    output: Output;
    files: Files;
    clock: Clock;
    signal: AbortSignal;
    /** Closes the connections. */
    close: () => Promise<void>;
  }) {
    this.api = options.api;
    this.namespace = options.namespace;
    this.output = options.output;
    this.files = options.files;
    this.clock = options.clock;
    this.signal = options.signal;
    this.#close = options.close;
  }

  /** Discovered once per command. */
  resources(): Promise<Resources> {
    this.#resources ??= Resources.discover(this.api);
    return this.#resources;
  }

  close(): Promise<void> {
    return this.#close();
  }

  print(line: string): void {
    this.output.out(`${line}\n`);
  }
}
