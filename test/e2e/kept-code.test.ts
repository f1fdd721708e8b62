/** What V8 compiled is kept beside a program: see scripts/program.cjs. */
import { execFileSync } from 'node:child_process';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../platform/node/files/temporary-folder.ts';

const runner = join(import.meta.dirname, '..', '..', 'scripts', 'program.cjs');

/** A program in a folder of its own: how to start it, and what is kept of it. */
async function programOf(source: string) {
  const folder = await temporaryFolder('wherry-kept-');
  onTestFinished(() => folder.remove());
  await cp(runner, join(folder.path, 'program.cjs'));
  await writeFile(join(folder.path, 'it.cjs'), source);
  const kept = async (): Promise<Map<string, Buffer>> => {
    const names = (await readdir(folder.path)).filter((name) => name.startsWith('it.cjs.'));
    const read = (name: string) => readFile(join(folder.path, name));
    return new Map(await Promise.all(names.map(async (name) => [name, await read(name)] as const)));
  };
  const start = (asked: string, ...flags: string[]): string =>
    execFileSync(process.execPath, [...flags, '-p', `require("./program.cjs").${asked}`], {
      ...{ cwd: folder.path, encoding: 'utf8', env: { PATH: process.env['PATH'] } },
    });
  return { start, kept };
}

it('is kept for each way of starting the program by itself', async () => {
  const { start: ask, kept } = await programOf('(exports) => { exports.works = true; }');
  const start = (...flags: string[]): string => ask('program("it").works', ...flags);

  expect(start()).toBe('true\n');
  const first = await kept();
  expect(first.size).toBe(1);
  expect(start('--no-opt')).toBe('true\n');
  const both = await kept();
  expect(both.size).toBe(2);
  const [name, bytes] = [...first][0]!;
  expect(both.get(name)).toEqual(bytes);
  expect(start()).toBe('true\n');
  expect(await kept()).toEqual(both);
});

it('is kept anew by a process that compiled more than the first, and ran for some time', async () => {
  const functions = Array.from({ length: 500 }, (_, n) => `(a, b) => [a, b, { at: a + b * ${n} }]`);
  const { start, kept } = await programOf(
    `(exports) => { exports.all = () => [${functions.join()}].map((each) => each(1, 2)).length; }`,
  );
  const size = async (): Promise<number> => [...(await kept()).values()][0]!.length;
  expect(start('program("it").all.length')).toBe('0\n');
  const little = await size();
  const long = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000)';
  expect(start(`program("it").all(${long})`)).toBe('500\n');
  expect(await size()).toBeGreaterThan(2 * little);
  expect((await kept()).size).toBe(1);
});
