/** What V8 compiled is kept beside a program: see scripts/program.cjs. */
import { execFileSync } from 'node:child_process';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../platform/node/files/temporary-folder.ts';

const runner = join(import.meta.dirname, '..', '..', 'scripts', 'program.cjs');

it('is kept for each way of starting the program by itself', async () => {
  const folder = await temporaryFolder('wherry-kept-');
  onTestFinished(() => folder.remove());
  await cp(runner, join(folder.path, 'program.cjs'));
  await writeFile(join(folder.path, 'it.cjs'), '(exports) => { exports.works = true; }');
  const kept = async (): Promise<Map<string, Buffer>> => {
    const names = (await readdir(folder.path)).filter((name) => name.startsWith('it.cjs.'));
    const read = (name: string) => readFile(join(folder.path, name));
    return new Map(await Promise.all(names.map(async (name) => [name, await read(name)] as const)));
  };
  const start = (...flags: string[]): string =>
    execFileSync(
      process.execPath,
      [...flags, '-p', 'require("./program.cjs").program("it").works'],
      { cwd: folder.path, encoding: 'utf8', env: { PATH: process.env['PATH'] } },
    );

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
