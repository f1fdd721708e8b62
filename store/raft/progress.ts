/**
 * What a leader knows of one member's log, and how fast it may send to it.
 *
 * `probe`: where the logs match is unknown; one append at a time. `replicate`: they match;
 * appends are sent ahead of their answers, up to a bound. `snapshot`: a snapshot is on its way;
 * nothing else is sent until the shell reports what became of it.
 * Invariant: 0 ≤ match < next.
 */
export class Progress {
  readonly #maxInflight: number;
  /** The greatest index known to be in the member's log, durably. */
  match = 0;
  /** The first index to send next. */
  next: number;
  state: 'probe' | 'replicate' | 'snapshot' = 'probe';
  /** Heard from since the leader last checked its quorum. */
  recentlyActive = false;
  /** The greatest commit index that was sent to the member. */
  told = 0;
  /** The newest entry that the member handed on: its clients wait for it. */
  awaited = 0;
  /** While probing: an append is out and unanswered. */
  #probeSent = false;
  /** While replicating: last indexes of the appends that are out, ascending. */
  #inflight: number[] = [];

  constructor(options: { readonly next: number; readonly maxInflight: number }) {
    this.next = options.next;
    this.#maxInflight = options.maxInflight;
  }

  get paused(): boolean {
    if (this.state === 'snapshot') return true;
    return this.state === 'probe' ? this.#probeSent : this.#inflight.length >= this.#maxInflight;
  }

  /** Everything up to `index` is at the member, or on its way as far as is known. */
  hasBeenSent(index: number): boolean {
    return this.state === 'replicate' && this.next > index;
  }

  /** An append with entries up to `lastIndex` was sent; undefined: without entries. */
  sent(lastIndex: number | undefined): void {
    if (this.state === 'probe') {
      this.#probeSent = true;
      return;
    }
    if (lastIndex === undefined) return;
    this.next = lastIndex + 1;
    this.#inflight.push(lastIndex);
  }

  /** The member has everything up to `index`. False if that is old news. */
  accepted(index: number): boolean {
    const news = index > this.match;
    if (news) this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.#probeSent = false;
    const firstOpen = this.#inflight.findIndex((last) => last > index);
    this.#inflight.splice(0, firstOpen < 0 ? this.#inflight.length : firstOpen);
    return news;
  }

  /** The member refused an append after `index`; try after `hint`. False if that is old news. */
  rejected(index: number, hint: number): boolean {
    if (this.state === 'snapshot') return false;
    if (this.state === 'replicate') {
      if (index <= this.match) return false;
      this.becomeProbe();
      return true;
    }
    if (this.next - 1 !== index) return false;
    this.next = Math.max(Math.min(index, hint + 1), this.match + 1);
    this.#probeSent = false;
    return true;
  }

  /** A sign of life: an unanswered probe may have been lost, so send again. */
  resume(): void {
    this.#probeSent = false;
    // A window that stays full means lost appends; free one place so that sending goes on.
    if (this.#inflight.length >= this.#maxInflight) this.#inflight.shift();
  }

  /** `after`: what the member is believed to have, if that is more than is proved. */
  becomeProbe(after = 0): void {
    this.state = 'probe';
    this.next = Math.max(this.match, after) + 1;
    this.#probeSent = false;
    this.#inflight = [];
  }

  becomeSnapshot(): void {
    this.state = 'snapshot';
    this.#probeSent = false;
    this.#inflight = [];
  }

  becomeReplicate(): void {
    this.state = 'replicate';
    this.next = this.match + 1;
    this.#probeSent = false;
    this.#inflight = [];
  }
}
