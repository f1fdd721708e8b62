/**
 * What makes an object that another program stored one of today's, in place. kube-apiserver writes
 * protobuf, some kinds in a version before the newest, and leaves what it wrote long ago as it is.
 */
export interface ForeignObjects {
  /**
   * Versions that are known besides today's, by apiVersion. Where one has no protobuf of its own,
   * it is laid out as today's.
   */
  readonly older: ReadonlyMap<string, (object: Record<string, unknown>) => void>;
  /** As there, they are not always stored. */
  readonly applyDefaults: (object: Record<string, unknown>) => void;
}
