/** Standard input and the terminal it may be. The real twin is `platform/node/terminal.ts`. */
export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

export interface Terminal {
  /** True if standard input is a terminal. */
  readonly isTerminal: boolean;
  /** Standard input as it comes; one consumer. Ends with the input, or when `signal` aborts. */
  input(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Raw: keys are not echoed and Ctrl-C is a byte. Returns what undoes it. */
  makeRaw(): () => void;
  /** Undefined if output is no terminal. */
  size(): TerminalSize | undefined;
  /** Returns what ends the calls. */
  onResize(listener: (size: TerminalSize) => void): () => void;
}
