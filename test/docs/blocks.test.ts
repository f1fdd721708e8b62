/** What the documentation shows as code is run or read by a test: nothing of it goes stale unseen. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { expect, it } from 'vitest';
import { readConfiguration } from '../../scheduler/config/configuration.ts';
import { fencesOf, stepsOf } from './document.ts';

const pages = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)].filter((page) =>
  page.endsWith('.md'),
);

/** Blocks that no shell block uses, and by whom else they are held. Shell blocks: commands.long.test.ts. */
const elsewhere: Readonly<Record<string, string>> = {
  'README.md ts': 'test/e2e/package.long.test.ts',
  'docs/HOWTO.md yaml': 'test/e2e/package.long.test.ts',
  'docs/SCHEDULER.md yaml': 'below',
};

interface Block {
  readonly name: string;
  readonly language: string;
  readonly file: boolean;
}

function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let open = false;
  let before = '';
  for (const line of readFileSync(page, 'utf8').split('\n')) {
    const language = /^```(\w*)/.exec(line)?.[1];
    if (language !== undefined) {
      open = !open;
      const name = `${page} ${language}`;
      if (open) blocks.push({ name, language, file: before.startsWith('<!-- file: ') });
    }
    before = line;
  }
  return blocks;
}

it.each(pages)('%s shows nothing that no test runs', (page) => {
  const blocks = blocksOf(page);
  const free = blocks.filter(({ language, file }) => language !== 'sh' && language !== '' && !file);
  expect(free.map(({ name }) => name).filter((name) => elsewhere[name] === undefined)).toEqual([]);
  // A file that is shown is written before the next shell block, which uses it by its name.
  const steps = stepsOf(page);
  const used = steps.flatMap(({ files }) => files).map(({ name }) => name);
  expect(used).toHaveLength(blocks.filter(({ file }) => file).length);
  for (const { files, script } of steps)
    for (const { name } of files) expect(script).toContain(name);
});

it('shows an extender as the scheduler reads it', () => {
  const [shown = ''] = fencesOf('docs/SCHEDULER.md', 'yaml');
  expect(readConfiguration(shown).extenders).toMatchObject([{ filterVerb: 'filter' }]);
});

it('has only manifests of the API in the folder that `kubectl apply -f examples` reads', () => {
  const files = readdirSync('examples').filter((name) => /\.(ya?ml|json)$/.test(name));
  const objects = files.flatMap((name) => loadAll(readFileSync(join('examples', name), 'utf8')));
  const groups = (objects as { apiVersion: string }[]).map(({ apiVersion }) => apiVersion);
  expect(new Set(groups)).toEqual(new Set(['v1', 'apps/v1']));
});
