import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { packTar, readTar, TarError, type TarSource } from './tar.ts';

const plain = { mode: 0o644, uid: 0, gid: 0, modifiedMs: 1_700_000_000_000, target: '', bytes: 0 };

async function* cut(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length)
    yield await Promise.resolve(bytes.subarray(at, at + length));
}

const file = (name: string, content: Uint8Array): TarSource => ({
  name,
  entry: { ...plain, kind: 'file', bytes: content.length },
  content: cut(content, 700),
});

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  for (const value of values) yield await Promise.resolve(value);
}

async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}

const read = async (archive: Uint8Array, length = 512) => {
  const found: (readonly [string, string, string])[] = [];
  for await (const { name, type, content } of readTar(cut(archive, length)))
    found.push([name, type, (await joined(content)).toString('latin1')]);
  return found;
};

describe('tar', () => {
  it('brings back what was packed, however the archive is cut', async () => {
    const names = fc.stringMatching(/^[a-zé]{1,40}(\/[a-z]{1,60}){0,6}$/);
    const contents = fc.uint8Array({ maxLength: 3000 });
    const files = fc.array(fc.tuple(names, contents), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(files, fc.integer({ min: 1, max: 2000 }), async (given, length) => {
        const archive = await joined(packTar(each(given.map(([name, text]) => file(name, text)))));
        expect(await read(archive, length)).toEqual(
          given.map(([name, text]) => [name, 'file', Buffer.from(text).toString('latin1')]),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('tells links and folders, and where links point, however far', async () => {
    const target = `${'far/'.repeat(60)}away`;
    const content = cut(new Uint8Array(), 1);
    const archive = await joined(
      packTar(
        each([
          { name: 'a/', entry: { ...plain, kind: 'folder' } as const, content },
          { name: 'a/l', entry: { ...plain, kind: 'link', target } as const, content },
        ]),
      ),
    );
    const found: (readonly [string, string, string])[] = [];
    for await (const { name, type, target: to } of readTar(cut(archive, 100)))
      found.push([name, type, to]);
    expect(found).toEqual([
      ['a/', 'folder', ''],
      ['a/l', 'link', target],
    ]);
  });

  it('passes over contents that nobody reads', async () => {
    const archive = await joined(
      packTar(each([file('a', Buffer.alloc(5000, 'a')), file('b', Buffer.from('b'))])),
    );
    const found: string[] = [];
    for await (const { name } of readTar(cut(archive, 900))) found.push(name);
    expect(found).toEqual(['a', 'b']);
  });

  it('refuses what ends too early, or is no archive; no bytes are no entries', async () => {
    const archive = await joined(packTar(each([file('a', Buffer.alloc(5000, 'a'))])));
    await expect(read(archive.subarray(0, 3000))).rejects.toThrow(TarError);
    await expect(read(Buffer.alloc(1024, 'x'))).rejects.toThrow(TarError);
    expect(await read(Buffer.alloc(0))).toEqual([]);
  });

  it('passes on how a source fails', async () => {
    const fails = async function* (): AsyncGenerator<never> {
      await Promise.resolve();
      throw new Error('the connection broke');
    };
    await expect(joined(packTar(fails()))).rejects.toThrow('the connection broke');
    await expect(readTar(fails()).next()).rejects.toThrow('the connection broke');
    const short = { ...file('a', Buffer.alloc(10)), content: fails() };
    await expect(joined(packTar(each([short])))).rejects.toThrow('the connection broke');
  });

  it('refuses a source that has fewer bytes than it said', async () => {
    const source = { ...file('a', Buffer.alloc(10)), content: cut(Buffer.alloc(9), 4) };
    await expect(joined(packTar(each([source])))).rejects.toThrow(/size|bytes/i);
  });
});
