import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogger } from '../logger.ts';
import { RotatingFile, type LogRotation } from './rotating-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wherry-rotation-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const keepAll: LogRotation = {
  maxBytes: 10,
  maxAgeMs: 0,
  maxBackups: 0,
  isLocalTime: false,
  compresses: false,
};

const BACKUP = /^store-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log$/;

const backups = async (): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.startsWith('store-')).sort();

it('puts a full file aside before a line that would not fit, and loses none', async () => {
  const path = join(folder, 'store.log');
  await writeFile(path, 'before\n');
  const file = new RotatingFile(path, keepAll);
  for (const line of ['one\n', 'two\n', 'three\n', 'four\n', 'much too long\n', 'end\n'])
    file.write(line);
  await file.packed();
  const names = await backups();
  for (const name of names) expect(name).toMatch(BACKUP);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  expect(texts).toEqual(['before\n', 'one\ntwo\n', 'three\n', 'four\n', 'much too long\n']);
  expect(await readFile(path, 'utf8')).toBe('end\n');
});

it('keeps so many, packed, and nobody else’s files go', async () => {
  const old = 'store-2001-01-01T00-00-00.000.log';
  await writeFile(join(folder, 'store-notes.log'), 'mine');
  await writeFile(join(folder, old), 'old');
  const rotation = { ...keepAll, maxBackups: 2, compresses: true };
  const file = new RotatingFile(join(folder, 'store.log'), rotation);
  for (const line of ['first....\n', 'second...\n', 'third....\n', 'last\n']) file.write(line);
  await file.packed();
  const names = await backups();
  expect(names).toHaveLength(3);
  expect(names[2]).toBe('store-notes.log');
  const texts = await Promise.all(
    names.slice(0, 2).map(async (name) => gunzipSync(await readFile(join(folder, name)))),
  );
  expect(texts.map(String)).toEqual(['second...\n', 'third....\n']);
});

it('removes what is too old', async () => {
  await writeFile(join(folder, 'store-2001-01-01T00-00-00.000.log'), 'old');
  const file = new RotatingFile(join(folder, 'store.log'), { ...keepAll, maxAgeMs: 86_400_000 });
  for (const line of ['first....\n', 'last\n']) file.write(line);
  await file.packed();
  expect((await backups()).map((name) => name > 'store-2002')).toEqual([true]);
});

it('is where a logger’s lines go', async () => {
  const path = join(folder, 'store.log');
  const logger = createLogger({
    ...{ level: 'info', name: 'store', format: 'json', outputs: [path] },
    rotation: keepAll,
  });
  logger.info({}, 'one');
  logger.info({}, 'other');
  expect(await readFile(path, 'utf8')).toMatch(/^\{.*"other".*\}\n$/);
  expect(await backups()).toHaveLength(1);
});

it('logs on where it cannot be put aside', async () => {
  const inner = join(folder, 'inner');
  const file = new RotatingFile(join(inner, 'store.log'), keepAll);
  file.write('123456789\n');
  await rm(inner, { recursive: true });
  file.write('more\n');
  file.write('and more\n');
  expect(await readdir(folder)).toEqual([]);
});
