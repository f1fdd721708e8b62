/**
 * Where a user who floods waits: in the sockets. What was read waits in memory, as a request with
 * its body, contexts and timers, which each collection of garbage copies while it waits and
 * everybody waits for the collection; and what arrives at once on a hundred connections is read at
 * once, before anybody else's. So only some requests of a user are read ahead of their turn: the
 * connection of one that was answered is left alone while more than those wait.
 */
import type { Pausable } from '../../platform/net/http.ts';

/** Requests of one user that wait in memory: enough for the turns until others are read. */
const READ_AHEAD = 4;
/** After this what a client sent is read and waits in line, where its time is bounded. */
const MOST_MS = 1_000;

interface Crowd {
  /** Read, and in line. */
  waiting: number;
  /** In the order in which they were answered, with the time of that. */
  readonly held: Map<Pausable, number>;
  refilling: boolean;
}

export interface HeldOptions {
  monotonic(): number;
  readonly nextTurn: (fn: () => void) => void;
}

export class HeldConnections {
  readonly #options: HeldOptions;
  /** By flow: those of whom somebody waits or is held. */
  readonly #crowds = new Map<string, Crowd>();

  constructor(options: HeldOptions) {
    this.#options = options;
  }

  /** Several requests of the flow wait: in line, or in their sockets. */
  isCrowd(flow: string): boolean {
    const crowd = this.#crowds.get(flow);
    return crowd !== undefined && (crowd.waiting > 1 || crowd.held.size > 0);
  }

  /** A request of the flow was put in line. */
  joined(flow: string): void {
    const crowd = this.#crowds.get(flow);
    if (crowd !== undefined) crowd.waiting++;
    else this.#crowds.set(flow, { waiting: 1, held: new Map(), refilling: false });
  }

  /** It is in line no more. */
  parted(flow: string): void {
    const crowd = this.#crowds.get(flow)!;
    crowd.waiting--;
    this.#refill(flow, crowd);
  }

  /** A request of the flow is answered: `connection` is read again when it is its turn. */
  answered(flow: string, connection: Pausable): void {
    const crowd = this.#crowds.get(flow);
    if (crowd === undefined || crowd.waiting < READ_AHEAD) return;
    connection.pause();
    crowd.held.set(connection, this.#options.monotonic());
  }

  /** To be called now and then while anybody waits. */
  releaseOld(): void {
    const since = this.#options.monotonic() - MOST_MS;
    for (const { held } of this.#crowds.values())
      for (const [connection, atMs] of held) {
        if (atMs > since) break;
        release(held, connection);
      }
  }

  /**
   * Reads on where something is missing in line. A client may have sent nothing yet: that is
   * known when what arrived meanwhile was taken in.
   */
  #refill(flow: string, crowd: Crowd): void {
    const { waiting, held } = crowd;
    if (crowd.refilling) return;
    let missing = READ_AHEAD - waiting;
    for (const connection of held.keys()) {
      if (missing-- <= 0) break;
      release(held, connection);
    }
    if (held.size === 0) {
      if (waiting === 0) this.#crowds.delete(flow);
      return;
    }
    if (waiting >= READ_AHEAD) return;
    crowd.refilling = true;
    const { nextTurn } = this.#options;
    // One turn ends what is under way, and the next has read.
    nextTurn(() =>
      nextTurn(() => {
        crowd.refilling = false;
        this.#refill(flow, crowd);
      }),
    );
  }
}

function release(held: Map<Pausable, number>, connection: Pausable): void {
  held.delete(connection);
  connection.resume();
}
