/** docs/ARCHITECTURE.md names the folders: all of them, and none that is gone. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const text = readFileSync('docs/ARCHITECTURE.md', 'utf8');

/** "`store/bolt/ backup/`" is two: the second stands beside the first. */
const named = [...text.matchAll(/^\| `([^`]+)` \|/gm)].flatMap(([, cell]) => {
  const [first = '', ...others] = cell!.split(' ').map((path) => path.replace(/\/$/, ''));
  const parent = first.includes('/') ? first.slice(0, first.lastIndexOf('/')) : '';
  return [first, ...others.map((name) => join(parent, name))];
});

const foldersIn = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$|dist)/.test(entry.name))
    .map(({ name }) => join(path, name));

it('names no folder that is gone', () => {
  expect(named.filter((path) => !existsSync(path))).toEqual([]);
});

it('names each folder at the top', () => {
  expect(foldersIn('.').filter((path) => !named.some((n) => n.split('/')[0] === path))).toEqual([]);
});

it('names all parts of what it divides', () => {
  const divided = new Set(named.filter((path) => path.includes('/')).map((p) => p.split('/')[0]!));
  const parts = [...divided].flatMap(foldersIn);
  expect(parts.filter((path) => !named.includes(path))).toEqual([]);
});
