import { deepFreeze } from '../../api/deep.ts';
import { parseJson } from '../../api/json.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { decodeProtobuf } from '../../api/protobuf/codec.ts';
import { apiVersionOf, type ResourceType } from '../../api/resource.ts';
import { statusError, unexplained } from '../../api/status.ts';
import { jsonText } from '../../platform/json-text.ts';
import type { ForeignObjects } from './foreign-objects.ts';
import { KEPT_BYTES, KeptValues } from './kept-values.ts';

interface Parsed extends Record<string, unknown> {
  metadata: { resourceVersion?: string };
}

/**
 * Objects of one resource as bytes: JSON without `metadata.resourceVersion`, which is the
 * store's modRevision and known only after the write.
 *
 * Bytes written here start with apiVersion, kind and metadata, so that the resourceVersion can
 * be put into place by copying: what is served is never encoded a second time.
 */
export class ResourceCodec {
  #type: ResourceType;
  #start: Uint8Array;
  readonly #apiVersion: string;

  /** Of the objects that are decoded. */
  readonly kept: KeptValues;
  /** Undefined: any version is taken as it is. */
  readonly foreign: ForeignObjects | undefined;

  constructor(type: ResourceType, kept = new KeptValues(KEPT_BYTES), foreign?: ForeignObjects) {
    this.#type = type;
    this.#start = startOf(type);
    this.#apiVersion = apiVersionOf(type);
    this.kept = kept;
    this.foreign = foreign;
  }

  /** As which objects are written. */
  get type(): ResourceType {
    return this.#type;
  }

  /** `{"apiVersion":"v1","kind":"Pod","metadata":{`: how spliceable bytes begin. */
  get start(): Uint8Array {
    return this.#start;
  }

  /** For codecs whose epoch counts such changes. */
  protected writeAs(type: ResourceType): void {
    this.#type = type;
    this.#start = startOf(type);
  }

  /**
   * Counts how often the way to read bytes has changed (a new schema): values of an earlier count
   * are out of date.
   */
  get epoch(): number {
    return 0;
  }

  /**
   * Makes a parsed object what it is to be by now (pruned, with defaults), in place. True if that
   * changed it, so that the bytes no longer say what the value says.
   */
  settle?(object: Record<string, unknown>): boolean;

  /** True of an object to be written that a read of its bytes shows differently. */
  isUnsettled(_object: KubernetesObject): boolean {
    return false;
  }

  encode(object: KubernetesObject): Uint8Array {
    const { apiVersion: _a, kind: _k, metadata, ...rest } = object;
    const { resourceVersion: _r, ...stored } = metadata;
    return ownBytes(
      storedText({
        apiVersion: apiVersionOf(this.type),
        kind: this.type.kind,
        metadata: stored,
        ...rest,
      }),
    );
  }

  /** The object with `resourceVersion` in place, frozen, and whether it is just as stored. */
  decode(
    stored: Uint8Array,
    resourceVersion: string,
  ): { readonly value: KubernetesObject; readonly asStored: boolean } {
    const object = this.#parse(stored) as Parsed;
    const upgraded = this.#upgrade(object);
    if (upgraded || stored[0] === LETTER_K) this.foreign?.applyDefaults(object);
    const changed = this.settle?.(object) ?? upgraded;
    object.metadata.resourceVersion = resourceVersion;
    return { value: deepFreeze(object as unknown as KubernetesObject), asStored: !changed };
  }

  /** True of an object that was stored in another version than today's. */
  #upgrade(object: Record<string, unknown>): boolean {
    const { apiVersion } = object;
    if (this.foreign === undefined || apiVersion === this.#apiVersion) return false;
    upgradeOf(this.foreign, this.type.kind, apiVersion)(object);
    object['apiVersion'] = this.#apiVersion;
    return true;
  }

  /**
   * A store that kube-apiserver wrote holds protobuf: "k8s\0" and an envelope. "k8s:enc:" is a
   * value that none of the keys there are could decrypt.
   */
  #parse(stored: Uint8Array): unknown {
    if (stored[0] === LETTER_K && stored[3] === 0x3a) {
      const text = 'unable to transform key: no matching prefix found';
      throw statusError('InternalError', `Internal error occurred: ${text}`);
    }
    if (stored[0] === LETTER_K) {
      const { foreign, type } = this;
      const isAlike = (version: string): boolean =>
        foreign !== undefined && upgradeOf(foreign, type.kind, version) !== undefined;
      return decodeProtobuf(stored, type, isAlike);
    }
    const text = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength).toString();
    return stored.at(-1) === BRACE ? JSON.parse(text) : parseJson(text).value;
  }

  /**
   * True if the bytes begin with {@link start} and a field: a resourceVersion fits in between.
   * Bytes laid out by others (kube-apiserver's end with a line break) are encoded anew.
   */
  spliceable(stored: Uint8Array): boolean {
    const { start } = this;
    if (stored.length <= start.length || stored[start.length] !== QUOTE) return false;
    if (stored.at(-1) === LINE_BREAK) return false;
    for (let i = start.length - 1; i >= 0; i--) if (stored[i] !== start[i]) return false;
    return true;
  }
}

/** Throws what kube-apiserver answers who reads, lists or deletes an object of none of these. */
function upgradeOf({ older }: ForeignObjects, kind: string, apiVersion: unknown) {
  const upgrade = older.get(apiVersion as string);
  if (upgrade !== undefined) return upgrade;
  const [quoted, version] = [kind, apiVersion ?? ''].map((each) => JSON.stringify(each));
  const scheme = '"pkg/runtime/scheme.go:110"';
  throw unexplained(`no kind ${quoted} is registered for version ${version} in scheme ${scheme}`);
}

const [QUOTE, BRACE, LINE_BREAK, LETTER_K] = [0x22, 0x7d, 0x0a, 0x6b];

/**
 * JSON that ends with a blank where it holds integers that JSON.parse would round: only there, and
 * in what others have written, they are looked for.
 */
function storedText(object: object): string {
  try {
    return JSON.stringify(object);
  } catch {
    return `${jsonText(object)} `;
  }
}

/** Not of Node.js' pool: what is kept would keep all of a slab, and what was only passing there. */
function ownBytes(text: string): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

function startOf(type: ResourceType): Uint8Array {
  const apiVersion = JSON.stringify(apiVersionOf(type));
  return Buffer.from(
    `{"apiVersion":${apiVersion},"kind":${JSON.stringify(type.kind)},"metadata":{`,
  );
}
