import type { KeyValue } from '../kv.ts';
import type { Version } from './version.ts';

/** What a resident pair costs besides key and value: objects and links, by measurement. */
const PAIR_OVERHEAD_BYTES = 160;

/**
 * Which pairs are resident: the recently used, up to a bound in bytes, and every pair whose
 * record is not in the engine yet ("unflushed": it could not be read back).
 */
export class ValueCache {
  readonly #limitBytes: number;
  #bytes = 0;
  #newest: Version | undefined;
  #oldest: Version | undefined;
  #flushedRevision = 0;
  #holds = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(version: Version, kv: KeyValue): void {
    if (version.kv !== undefined) return;
    version.kv = kv;
    this.#bytes += cost(kv);
    this.#link(version);
    this.#trim();
  }

  /** Marks a resident pair as used. */
  touch(version: Version): void {
    if (version.kv === undefined || version === this.#newest) return;
    this.#unlink(version);
    this.#link(version);
  }

  remove(version: Version): void {
    if (version.kv === undefined) return;
    this.#bytes -= cost(version.kv);
    version.kv = undefined;
    this.#unlink(version);
  }

  /** Records up to `revision` are in the engine. */
  flushed(revision: number): void {
    this.#flushedRevision = revision;
    this.#trim();
  }

  /** Keeps everything resident until the returned function is called, whatever is added. */
  hold(): () => void {
    this.#holds++;
    let held = true;
    return () => {
      if (held) this.#holds--;
      held = false;
      this.#trim();
    };
  }

  #trim(): void {
    if (this.#holds > 0) return;
    while (this.#bytes > this.#limitBytes && this.#oldest !== undefined) {
      if (this.#oldest.main > this.#flushedRevision) return;
      this.remove(this.#oldest);
    }
  }

  #link(version: Version): void {
    version.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = version;
    this.#newest = version;
    this.#oldest ??= version;
  }

  #unlink(version: Version): void {
    if (version.newer !== undefined) version.newer.older = version.older;
    else this.#newest = version.older;
    if (version.older !== undefined) version.older.newer = version.newer;
    else this.#oldest = version.newer;
    version.newer = undefined;
    version.older = undefined;
  }
}

function cost(kv: KeyValue): number {
  return kv.key.length + kv.value.length + PAIR_OVERHEAD_BYTES;
}
