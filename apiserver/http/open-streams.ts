/** The streams a server is writing. An AbortSignal would do, but warns of more than ten. */
export class OpenStreams {
  readonly #leave = new Set<() => void>();
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

  /** `leave` is called when streams are to end: at once, if they have. */
  add(leave: () => void): void {
    if (this.#ended) leave();
    else this.#leave.add(leave);
  }

  delete(leave: () => void): void {
    this.#leave.delete(leave);
  }

  /** Each stream ends as if its source had. */
  end(): void {
    this.#ended = true;
    for (const leave of this.#leave) leave();
    this.#leave.clear();
  }
}
