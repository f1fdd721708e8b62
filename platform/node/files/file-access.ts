import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileAccess } from '../../files/file-access.ts';

export const realFileAccess: FileAccess = {
  async open(path) {
    const file = await open(path, 'r');
    const { size } = await file.stat();
    return {
      bytes: size,
      async read(offset, length) {
        const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - offset)));
        const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
        return bytes.subarray(0, bytesRead);
      },
      close: () => file.close(),
    };
  },
  async create(path) {
    const aside = `${path}.part`;
    const file = await open(aside, 'w', 0o600);
    let open_ = true;
    const close = async (): Promise<void> => {
      if (open_) await file.close();
      open_ = false;
    };
    return {
      async write(bytes) {
        await file.writeFile(bytes);
      },
      async commit() {
        await file.sync();
        await close();
        await rename(aside, path);
        const folder = await open(dirname(path), 'r');
        await folder.sync().finally(() => folder.close());
      },
      async abandon() {
        await close();
        await rm(aside, { force: true });
      },
    };
  },
};
