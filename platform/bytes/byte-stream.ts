/** Where bytes go: a container's standard output, one half of a connection. */
export interface ByteSink {
  /** Resolves when more may be written; rejects once the other side is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Nothing more will come. */
  end(): Promise<void>;
}

/** Bytes both ways, as of a connection. */
export interface ByteStream extends ByteSink {
  /** Iterated once; ends when the other side has ended its half, rejects when it broke off. */
  readonly incoming: AsyncIterable<Uint8Array>;
  /** Breaks off both halves; may be called again. */
  destroy(): void;
}
