import { mkdir, mkdtemp, open, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { appendFile } from './append-file.ts';

const DAY_MS = 86_400_000;
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wherry-append-'));
  path = join(folder, 'audit.log');
});
afterEach(() => rm(folder, { recursive: true }));

const contents = async () => {
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
};

it('appends to what is there', async () => {
  await writeFile(path, 'a');
  const file = await appendFile(path);
  for (const text of ['b', 'c']) await file.write(text);
  await file.close();
  expect(await contents()).toEqual(['abc']);
});

it('puts a file aside before it grows too large, and keeps the latest', async () => {
  const file = await appendFile(path, { maxBytes: 4, maxBackups: 1, maxAgeMs: 0 });
  for (const text of ['one', 'two', 'and']) {
    await file.write(text);
    // Files put aside are told apart by the millisecond.
    const before = Date.now();
    while (Date.now() === before) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await file.close();
  const names = (await readdir(folder)).sort();
  expect(names).toEqual([
    expect.stringMatching(/^audit-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log$/),
    'audit.log',
  ]);
  expect(await contents()).toEqual(['two', 'and']);
});

it('removes files that are too old, and no others', async () => {
  const old = join(folder, 'audit-2001-01-01T00-00-00.000.log');
  const other = join(folder, 'audit-notes.log');
  for (const name of [old, other]) {
    await writeFile(name, name);
    const then = (Date.now() - 3 * DAY_MS) / 1000;
    await utimes(name, then, then);
  }
  const file = await appendFile(path, { maxBytes: 4, maxBackups: 0, maxAgeMs: 2 * DAY_MS });
  await file.write('one');
  await file.write('two');
  await file.close();
  expect(await contents()).toEqual(['one', other, 'two']);
});

it('begins a new line after one that a full disk cut', async () => {
  const file = await appendFile(path);
  await file.write('one\n');
  const other = await open(path);
  await other.close();
  const handles = Object.getPrototypeOf(other) as typeof other;
  const disk = vi.spyOn(handles, 'appendFile').mockImplementationOnce(async () => {
    await writeFile(path, 'one\ntw');
    throw new Error('ENOSPC');
  });
  await expect(file.write('two\n')).rejects.toThrow('ENOSPC');
  disk.mockRestore();
  for (const text of ['three\n', 'four\n']) await file.write(text);
  await file.close();
  expect(await contents()).toEqual(['one\ntw\nthree\nfour\n']);
});

it('goes on when somebody else takes the file away, or its folder for a while', async () => {
  const file = await appendFile(path, { maxBytes: 4, maxBackups: 0, maxAgeMs: 0 });
  await file.write('one');
  await rm(path);
  await file.write('two');
  expect(await contents()).toEqual(['two']);
  await rm(folder, { recursive: true });
  await expect(file.write('lost')).rejects.toThrow('ENOENT');
  await mkdir(folder);
  await file.write('end');
  await file.close();
  expect(await contents()).toEqual(['end']);
});
