/** docs/COMPATIBILITY.md names the test of each "yes": what it names is there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const text = readFileSync(join(root, 'docs', 'COMPATIBILITY.md'), 'utf8');

const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$|dist)/.test(entry.name))
  .map(({ name }) => name);
const inside = folders.flatMap((folder) =>
  (readdirSync(join(root, folder), { recursive: true }) as string[]).map((f) => `${folder}/${f}`),
);

/** Paths of ours, in backquotes: they begin with one of our folders. */
const named = [...text.matchAll(/`([a-z-]+\/[^`\s]*)`/g)]
  .map(([, path]) => path!.replace(/\/$/, ''))
  .filter((path) => folders.includes(path.split('/')[0]!));

const pattern = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('**/', '(.*/)?')
      .replace(/(?<!\.)\*(?!\/\))/g, '[^/]*')}$`,
  );

it('names enough', () => expect(named.length).toBeGreaterThan(50));

it.each([...new Set(named)])('%s exists', (path) => {
  expect([...folders, ...inside].some((file) => pattern(path).test(file))).toBe(true);
});

/** “title” after a test's file. */
const titled = [...text.matchAll(/`([^`\s]+\.test\.ts)`: ((?:“[^”]+”(?:, )?)+)/g)].flatMap(
  ([, path, titles]) =>
    [...titles!.matchAll(/“([^”]+)”/g)].map(([, title]) => [path!, title!] as const),
);

it('names titles enough', () => expect(titled.length).toBeGreaterThan(30));

/** Stories are told in files of their own. */
const stories = inside
  .filter((file) => /^test\/support\/stories\/.*\.ts$/.test(file))
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('');

it.each(titled)('%s has “%s”', (path, title) => {
  if (path === 'apiserver/stories.long.test.ts') expect(stories).toContain(`title: '${title}'`);
  else expect(readFileSync(join(root, path), 'utf8')).toContain(`('${title}'`);
});

it('names a test in each row that says yes', () => {
  const rows = text.split('\n').filter((line) => /\| yes \|/.test(line));
  expect(rows.filter((row) => !/\| yes \|.*`[^`]+`/.test(row))).toEqual([]);
});
