/** How one provider keeps values in the store. */
export interface Transformer {
  /** How its values begin: "k8s:enc:aescbc:v1:key1:", "" for plain text. */
  readonly prefix: string;
  /** What values that are written now are known by when they are read: {@link Opened.mark}. */
  readonly mark: string;
  /** The value to store, prefix included. Throws if this provider cannot write now. */
  seal(plain: Uint8Array, key: string): Uint8Array;
  /**
   * Throws, or rejects, for what it did not write. A {@link ProviderAway} may be asked again once
   * the provider is back.
   */
  open(stored: Uint8Array, key: string): Opened | Promise<Opened>;
}

export interface Opened {
  readonly value: Uint8Array;
  readonly mark: string;
}

/** The provider could not be asked. */
export class ProviderAway extends Error {
  override readonly name = 'ProviderAway';
}

/** Values as they are. */
export const identity: Transformer = {
  prefix: '',
  mark: '',
  seal: (plain) => plain,
  open: (value) => ({ value, mark: '' }),
};
