import sortedBtree from 'sorted-btree';
import { CallGuard } from './call-guard.ts';
import { ITERATE_CHUNK_BYTES, ITERATE_CHUNK_ENTRIES } from './engine.ts';
import type { Engine, EngineFactory, KeyAndValue, KeyRange, WriteOperation } from './engine.ts';

type Tree = sortedBtree.default<string, Buffer>;
type TreeClass = typeof sortedBtree.default;
/** The package is CommonJS: Node hands out its exports object, vitest and bundlers its default. */
const BTree: TreeClass =
  (sortedBtree as { default?: TreeClass }).default ?? (sortedBtree as unknown as TreeClass);

/** Keys are held as byte strings, whose `<` is the order of bytes. */
const keyOf = (key: Buffer): string => key.toString('latin1');

/**
 * The disk below memory engines: it outlives them, so that a test can crash one and open
 * another on what was durable.
 */
export class MemoryStorage {
  #written: Tree = new BTree<string, Buffer>();
  #durable: Tree = new BTree<string, Buffer>();
  #engine: MemoryEngine | undefined;
  /** Not durable yet, in order. */
  #unsynced: ((tree: Tree) => void)[] = [];

  /** Opens an engine on what is stored. A former engine must be closed or crashed. */
  readonly open: EngineFactory = () => {
    this.#engine = new MemoryEngine(this);
    return Promise.resolve(this.#engine);
  };

  get tree(): Tree {
    return this.#written;
  }

  write(change: (tree: Tree) => void): void {
    change(this.#written);
    this.#unsynced.push(change);
  }

  sync(): void {
    this.#durable = this.#written.clone();
    this.#unsynced = [];
  }

  /**
   * Power fails: the engine is gone and unsynced writes are lost, but for the first few, which
   * happened to reach the disk.
   */
  crash(survivors = 0): void {
    this.#engine?.kill();
    this.#engine = undefined;
    for (const change of this.#unsynced.slice(0, survivors)) change(this.#durable);
    this.#unsynced = [];
    this.#written = this.#durable.clone();
  }
}

class MemoryEngine implements Engine {
  readonly #storage: MemoryStorage;
  readonly #guard = new CallGuard('memory engine');
  #killed = false;

  constructor(storage: MemoryStorage) {
    this.#storage = storage;
  }

  /** A crashed engine's calls never answer, as those of a dead process never do. */
  kill(): void {
    this.#killed = true;
  }

  get(key: Buffer): Promise<Buffer | undefined> {
    return this.#run(() => this.#storage.tree.get(keyOf(key)));
  }

  getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    return this.#run(() => keys.map((key) => this.#storage.tree.get(keyOf(key))));
  }

  batch(operations: readonly WriteOperation[], options: { readonly sync: boolean }): Promise<void> {
    return this.#run(() => {
      this.#storage.write((tree) => {
        for (const operation of operations) {
          if (operation.type === 'put') tree.set(keyOf(operation.key), operation.value);
          else tree.delete(keyOf(operation.key));
        }
      });
      if (options.sync) this.#storage.sync();
    });
  }

  async *iterate(range: KeyRange): AsyncGenerator<readonly KeyAndValue[]> {
    const snapshot = await this.#run(() => this.#storage.tree.clone());
    this.#guard.enter();
    try {
      let chunk: KeyAndValue[] = [];
      let bytes = 0;
      for (const [key, value] of snapshot.entries(keyOf(range.gte))) {
        if (key >= keyOf(range.lt)) break;
        chunk.push([Buffer.from(key, 'latin1'), value]);
        bytes += key.length + value.length;
        if (chunk.length < ITERATE_CHUNK_ENTRIES && bytes < ITERATE_CHUNK_BYTES) continue;
        yield chunk;
        chunk = [];
        bytes = 0;
      }
      if (chunk.length > 0) yield chunk;
    } finally {
      this.#guard.leave();
    }
  }

  clear(range: KeyRange): Promise<void> {
    return this.#run(() => {
      this.#storage.write((tree) => {
        tree.deleteRange(keyOf(range.gte), keyOf(range.lt), false);
      });
    });
  }

  compact(): Promise<void> {
    return this.#run(() => {});
  }

  property(): number {
    this.#guard.assertOpen();
    let bytes = 0;
    this.#storage.tree.forEachPair((key, value) => {
      bytes += key.length + value.length;
    });
    return bytes;
  }

  close(): Promise<void> {
    return this.#guard.close(() => {
      if (!this.#killed) this.#storage.sync();
      return Promise.resolve();
    });
  }

  #run<T>(call: () => T): Promise<T> {
    if (this.#killed) return new Promise(() => {});
    return this.#guard.run(async () => call());
  }
}
