import { deepFreeze } from '../../api/deep.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { decodeProtobuf } from '../../api/protobuf/codec.ts';
import { apiVersionOf, type ResourceType } from '../../api/resource.ts';

/**
 * Objects of one resource as bytes: JSON without `metadata.resourceVersion`, which is the
 * store's modRevision and known only after the write.
 *
 * Bytes written here start with apiVersion, kind and metadata, so that the resourceVersion can
 * be put into place by copying: what is served is never encoded a second time.
 */
export class ResourceCodec {
  readonly type: ResourceType;
  /** `{"apiVersion":"v1","kind":"Pod","metadata":{`: how spliceable bytes begin. */
  readonly start: Uint8Array;

  constructor(type: ResourceType) {
    this.type = type;
    const apiVersion = JSON.stringify(apiVersionOf(type));
    this.start = Buffer.from(
      `{"apiVersion":${apiVersion},"kind":${JSON.stringify(type.kind)},"metadata":{`,
    );
  }

  encode(object: KubernetesObject): Uint8Array {
    const { apiVersion: _a, kind: _k, metadata, ...rest } = object;
    const { resourceVersion: _r, ...stored } = metadata;
    return Buffer.from(
      JSON.stringify({
        apiVersion: apiVersionOf(this.type),
        kind: this.type.kind,
        metadata: stored,
        ...rest,
      }),
    );
  }

  /** The object with `resourceVersion` in place, frozen. */
  decode(stored: Uint8Array, resourceVersion: string): KubernetesObject {
    const object = this.#parse(stored) as { metadata: { resourceVersion?: string } };
    object.metadata.resourceVersion = resourceVersion;
    return deepFreeze(object as unknown as KubernetesObject);
  }

  /** A store that kube-apiserver wrote holds protobuf: "k8s\0" and an envelope. */
  #parse(stored: Uint8Array): unknown {
    if (stored[0] === 0x6b) return decodeProtobuf(stored, this.type);
    return JSON.parse(Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength).toString());
  }

  /**
   * True if the bytes begin with {@link start} and a field: a resourceVersion fits in between.
   * Bytes laid out by others are encoded anew.
   */
  spliceable(stored: Uint8Array): boolean {
    const { start } = this;
    if (stored.length <= start.length || stored[start.length] !== 0x22) return false;
    for (let i = start.length - 1; i >= 0; i--) if (stored[i] !== start[i]) return false;
    return true;
  }
}
