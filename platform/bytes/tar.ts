/** Archives as `tar` reads and writes them: POSIX ustar, with pax's and GNU's longer names. */
import { createTarDecoder, createTarPacker, type TarHeader } from 'modern-tar';

/** An archive that cannot be read. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

/** What an archive says of a file besides its name and content. */
export interface FileEntry {
  readonly kind: 'file' | 'folder' | 'link';
  /** Permissions, with set-user-id and the like. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedMs: number;
  /** Where a link points; "" of others. */
  readonly target: string;
  /** Of the content; 0 of what has none. */
  readonly bytes: number;
}

/** Of something that goes into an archive. A folder's name ends in "/". */
export interface TarSource {
  readonly name: string;
  readonly entry: FileEntry;
  /** As many bytes as the entry says. */
  readonly content: AsyncIterable<Uint8Array>;
}

export interface TarEntry {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'link' | 'hardLink' | 'other';
  /** Of a link. */
  readonly target: string;
  readonly bytes: number;
  /** To be read before the next entry is asked for, if at all. */
  readonly content: AsyncIterable<Uint8Array>;
}

const headerTypes = { file: 'file', folder: 'directory', link: 'symlink' } as const;

const types: Partial<Record<NonNullable<TarHeader['type']>, TarEntry['type']>> = {
  file: 'file',
  directory: 'folder',
  symlink: 'link',
  link: 'hardLink',
};

/** All of a Date that is asked for: Dates are effects, which only platform/node has. */
const timeOf = (ms: number): Date => ({ getTime: () => ms }) as Date;

/** The bytes of an archive. Rejects with the error of a source. */
export async function* packTar(sources: AsyncIterable<TarSource>): AsyncGenerator<Uint8Array> {
  const { readable, controller } = createTarPacker();
  const pack = async (): Promise<void> => {
    for await (const { name, entry, content } of sources) {
      const { kind, mode, uid, gid, modifiedMs, target, bytes } = entry;
      const type = headerTypes[kind];
      const mtime = timeOf(Math.max(0, modifiedMs));
      const header = { name, type, size: bytes, mode, uid, gid, mtime, linkname: target };
      const body = controller.add(header).getWriter();
      for await (const piece of content) await body.write(piece);
      await body.close();
    }
    controller.finalize();
  };
  pack().catch((error: unknown) => controller.error(error));
  yield* readable;
}

/**
 * Reads an archive as it comes; the pieces may be cut anywhere, and no bytes are no entries.
 * Rejects with a {@link TarError} if it is no archive or ends too early, and with the source's
 * error if that fails.
 */
export async function* readTar(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const { readable, writable } = createTarDecoder({ strict: true });
  let isEmpty = true;
  let failure: { readonly error: unknown } | undefined;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of pieces) {
        isEmpty = false;
        yield piece;
      }
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  const explained = (error: unknown): unknown => {
    if (failure !== undefined) return failure.error;
    return new TarError(error instanceof Error ? error.message : String(error));
  };
  async function* contentOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw explained(error);
    }
  }
  ReadableStream.from(source())
    .pipeTo(writable)
    .catch(() => {
      // The other end tells it.
    });
  try {
    for await (const { header, body } of readable) {
      const { name, type = 'file', linkname: target = '', size: bytes } = header;
      yield { name, type: types[type] ?? 'other', target, bytes, content: contentOf(body) };
      if (!body.locked) await body.cancel();
    }
  } catch (error) {
    if (failure !== undefined || !isEmpty) throw explained(error);
  }
}
