/** Two ends of one connection in memory: frames arrive in a turn of their own, until it is cut. */
import type { FrameConnection, FrameHandlers } from '../../platform/net/frames.ts';

class End implements FrameConnection {
  readonly waiting = 0;
  readonly sent: Buffer[] = [];
  other!: End;
  #handlers: FrameHandlers | undefined;
  #isClosed = false;
  /** The machine at the other end is gone, and nobody says so. */
  isCut = false;

  send(frame: Uint8Array): void {
    if (this.#isClosed) return;
    const bytes = Buffer.from(frame);
    this.sent.push(bytes);
    if (!this.isCut) queueMicrotask(() => this.other.#handlers?.frame(bytes));
  }

  cork(): void {}

  drained(): Promise<void> {
    return Promise.resolve();
  }

  receive(handlers: FrameHandlers): void {
    this.#handlers = handlers;
  }

  close(): void {
    this.#end();
    if (!this.isCut) queueMicrotask(() => this.other.#end());
  }

  abort(): void {
    this.close();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    queueMicrotask(() => this.#handlers?.closed());
  }
}

export interface FramePair {
  readonly near: End;
  readonly far: End;
  cut(): void;
}

export function framePair(): FramePair {
  const near = new End();
  const far = new End();
  near.other = far;
  far.other = near;
  return {
    near,
    far,
    cut() {
      near.isCut = far.isCut = true;
    },
  };
}
