import type { DownloadCall, DownloadService } from './unary.ts';
import { storageVersion } from './maintenance-service.ts';
import { encodeMessage } from './schema/codec.ts';
import { plainHeader, type ServiceContext } from './unary.ts';

const BLOB_BYTES = 32 * 1024;

/**
 * Maintenance.Snapshot: the file in blobs, then its SHA-256 in a blob of its own. etcdctl tells
 * by the size of what it saved that the digest is there.
 */
export class SnapshotStream implements DownloadService {
  readonly #context: ServiceContext;
  readonly #call: DownloadCall;
  #closed = false;
  #resume: (() => void) | undefined;

  constructor(context: ServiceContext, call: DownloadCall) {
    this.#context = context;
    this.#call = call;
  }

  /** Resolves when everything is sent, or the client has gone. */
  async run(): Promise<void> {
    const backup = await this.#context.callsOf(this.#call).maintenance.snapshot();
    try {
      const hash = this.#context.crypto.sha256();
      let remaining = backup.bytes;
      for await (const blob of inBlobs(backup.chunks)) {
        if (this.#closed) return;
        hash.update(blob);
        remaining -= blob.length;
        await this.#send(blob, remaining);
      }
      if (this.#closed) return;
      await this.#send(hash.digest(), 0);
    } finally {
      await backup.close();
    }
  }

  close(): void {
    this.#closed = true;
    this.#resume?.();
  }

  async #send(blob: Uint8Array, remaining: number): Promise<void> {
    const version = storageVersion(this.#context.version);
    const header = plainHeader(this.#context);
    const response = { header, remaining_bytes: remaining, blob, version };
    if (this.#call.write(encodeMessage('SnapshotResponse', response)) || this.#closed) return;
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
      this.#call.on('drain', resolve);
    });
    this.#call.off('drain', this.#resume!);
    this.#resume = undefined;
  }
}

async function* inBlobs(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes < BLOB_BYTES) continue;
    const all = Buffer.concat(held);
    let at = 0;
    for (; at + BLOB_BYTES <= all.length; at += BLOB_BYTES) yield all.subarray(at, at + BLOB_BYTES);
    held = at < all.length ? [all.subarray(at)] : [];
    bytes = all.length - at;
  }
  if (bytes > 0) yield Buffer.concat(held);
}
