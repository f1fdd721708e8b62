import { readFileSync } from 'node:fs';
import { stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DurableFile } from '../../files/durable-file.ts';
import { realDisk } from './disk.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe.runIf(process.platform === 'linux')('a file for durable writes', () => {
  async function freshPath(): Promise<string> {
    const folder = await temporaryFolder('wherry-durable-');
    onTestFinished(() => folder.remove());
    return join(folder.path, 'file');
  }

  async function opened(path: string, bytes: number): Promise<DurableFile> {
    const file = (await realDisk.openDurable(path, bytes))!;
    onTestFinished(() => file.close());
    return file;
  }

  it('has its blocks on the disk before anything is written', async () => {
    const path = await freshPath();
    const file = await opened(path, 300_000);
    expect(file.size).toBe(300_000);
    const { size, blocks, mode } = await stat(path);
    expect([size, mode & 0o777]).toEqual([300_000, 0o600]);
    expect(blocks * 512).toBeGreaterThanOrEqual(size);
    expect((await file.read()).every((byte) => byte === 0)).toBe(true);
  });

  it('keeps what was written when it is opened again, and made larger', async () => {
    const path = await freshPath();
    await (await opened(path, 1000)).write(Buffer.from('durable'), 500);
    expect(await (await opened(path, 0)).read()).toHaveLength(1000);
    const larger = await (await opened(path, 2000)).read();
    expect(larger).toHaveLength(2000);
    expect(larger.toString('latin1', 500, 508)).toBe('durable\0');
  });

  it('has been written to by the time a call that may block returns', async () => {
    const path = await freshPath();
    const file = await opened(path, 1000);
    const written = file.write(Buffer.from('at once'), 500, { mayBlock: true });
    expect(readFileSync(path).toString('latin1', 500, 507)).toBe('at once');
    await written;
  });

  it('is none that nobody has made, and read as far as it goes', async () => {
    const path = await freshPath();
    expect(await realDisk.openDurable(path, 0)).toBeUndefined();
    const file = await opened(path, 1000);
    await truncate(path, 10);
    expect(await file.read()).toHaveLength(10);
  });
});
