import type { Kv, RequestOp } from '../../store/kv.ts';
import { prefixEnd } from '../../store/kv.ts';
import { REGISTRY_PREFIX } from './keys.ts';
import { translated } from './store-errors.ts';

/** Who holds a value. */
export interface Owner {
  readonly namespace: string;
  readonly name: string;
}

export interface HeldValue {
  readonly value: string;
  readonly owner: string;
  readonly revision: number;
}

/**
 * Values that at most one object of the whole cluster may hold, one key each under
 * /registry/ranges/<name>/: taking one is a transaction, so any number of API servers agree.
 * (Kubernetes keeps a bitmap in one key instead: every claim there contends with every other.)
 */
export class ClaimKeys {
  readonly #kv: Kv;
  readonly #prefix: string;

  constructor(kv: Kv, name: string) {
    this.#kv = kv;
    this.#prefix = `${REGISTRY_PREFIX}ranges/${name}/`;
  }

  /** 'owned': by this owner, from before. 'held': by another. */
  async take(value: string, owner: Owner): Promise<'taken' | 'owned' | 'held'> {
    const key = this.#prefix + value;
    const text = ownerText(owner);
    const put: RequestOp = { type: 'put', request: { key, value: Buffer.from(text) } };
    const answer = await translated(
      this.#kv.txn({
        compare: [{ key, target: 'mod', result: 'equal', operand: 0 }],
        success: [put],
        failure: [{ type: 'range', request: { key } }],
      }),
    );
    if (answer.succeeded) return 'taken';
    const read = answer.responses[0];
    const held = read?.type === 'range' ? read.response.kvs[0] : undefined;
    const owned = held !== undefined && Buffer.from(held.value).toString() === text;
    return owned ? 'owned' : 'held';
  }

  /** Gives it back if `owner` holds it, at `revision` if that is given. */
  async release(value: string, owner: string, revision?: number): Promise<void> {
    const key = this.#prefix + value;
    const { kvs } = await translated(this.#kv.range({ key }));
    const held = kvs[0];
    if (held === undefined || Buffer.from(held.value).toString() !== owner) return;
    if (revision !== undefined && held.modRevision !== revision) return;
    await translated(
      this.#kv.txn({
        compare: [{ key, target: 'mod', result: 'equal', operand: held.modRevision }],
        success: [{ type: 'deleteRange', request: { key } }],
        failure: [],
      }),
    );
  }

  async held(): Promise<readonly HeldValue[]> {
    const range = { key: this.#prefix, rangeEnd: prefixEnd(this.#prefix) };
    const { kvs } = await translated(this.#kv.range(range));
    return kvs.map((kv) => ({
      value: kv.key.slice(this.#prefix.length),
      owner: Buffer.from(kv.value).toString(),
      revision: kv.modRevision,
    }));
  }
}

export function ownerText({ namespace, name }: Owner): string {
  return `${namespace}/${name}`;
}
