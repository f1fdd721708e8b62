/**
 * A connection as protocol code drives it: bytes arrive by callback, bytes leave without waiting.
 * The real one is `platform/node/net/socket-duplex.ts`.
 */
export interface DuplexHandlers {
  /** A view that is only good for this call: copy what is kept. */
  received(bytes: Buffer): void;
  /** Little waits to leave any more. Called after `waiting` was large. */
  drained(): void;
  /** Called once; nothing follows. */
  closed(): void;
}

export interface Duplex {
  /** Bytes that wait to leave. Who sends without looking at it has no bound. */
  readonly waiting: number;
  /** Common name of the certificate that the other side has shown, verified. */
  readonly commonName: string | undefined;
  /** Of the other side: "127.0.0.1:40000". */
  readonly address: string;
  /** Call once. */
  open(handlers: DuplexHandlers): void;
  /** A copy. What is sent until this turn's promises have settled leaves together. */
  send(bytes: Uint8Array): void;
  /**
   * Room for `bytes` more to be sent: in `room`, from the index that is returned. It is filled
   * before anything else is done with the connection.
   */
  claim(bytes: number): number;
  /** Another one after each {@link claim}. */
  readonly room: Buffer;
  /** Once what was sent has left; nothing more is received. */
  end(): void;
  /** At once. */
  destroy(): void;
}
