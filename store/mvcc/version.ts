import type { KeyValue } from '../kv.ts';

export const NO_LEASE = '0';
const NO_VALUE: Uint8Array = new Uint8Array(0);

/**
 * One version of one key: what the index knows without its value. The pair itself, with the
 * value, is resident or in the engine under (main, sub).
 */
export class Version {
  readonly key: string;
  /** Revision of the write. Operations of one transaction share it… */
  readonly main: number;
  /** …and are told apart by their order in it. */
  readonly sub: number;
  readonly createRevision: number;
  /** Puts since creation; 0 marks a tombstone. */
  readonly version: number;
  readonly lease: string;
  /** Revision of the key's next version; 0: there is none. */
  supersededAt = 0;
  /** The pair, while {@link ValueCache} keeps it resident. */
  kv: KeyValue | undefined = undefined;
  /** Neighbours in the cache's order of use. */
  newer: Version | undefined = undefined;
  older: Version | undefined = undefined;

  constructor(kv: KeyValue, sub: number) {
    this.key = kv.key;
    this.main = kv.modRevision;
    this.sub = sub;
    this.createRevision = kv.createRevision;
    this.version = kv.version;
    this.lease = kv.lease;
  }

  get tombstone(): boolean {
    return this.version === 0;
  }

  /** The pair without its value. */
  withoutValue(): KeyValue {
    return {
      key: this.key,
      value: NO_VALUE,
      createRevision: this.createRevision,
      modRevision: this.main,
      version: this.version,
      lease: this.lease,
    };
  }
}

/** What a delete stores: etcd's tombstone carries key and modRevision only. */
export function tombstoneOf(key: string, main: number): KeyValue {
  return {
    key,
    value: NO_VALUE,
    createRevision: 0,
    modRevision: main,
    version: 0,
    lease: NO_LEASE,
  };
}
