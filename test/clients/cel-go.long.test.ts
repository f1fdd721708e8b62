/**
 * What `cel-answers.test.ts` holds us to is what Kubernetes' CEL answers: cel-go with its
 * environment, libraries and cost rules, as a program of its own. Skipped, and loudly, where Go is
 * missing or its modules cannot be had. With WHERRY_RECORD=1 the answers are written anew.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { answersFile, compared, recorded } from './cel-answers.ts';
import { any, expressions, schema, self } from './cel-expressions.ts';
import { type Answer, judgeAll } from './cel-judge.ts';

const folder = mkdtempSync(join(tmpdir(), 'wherry-cel-go-'));
const program = join(folder, 'cel-go');
const BUILD_MS = 600_000;

/** False where it cannot be built. */
function built(): boolean {
  const cwd = join(import.meta.dirname, 'cel-go');
  try {
    execFileSync('go', ['build', '-o', program, '.'], { cwd, timeout: BUILD_MS, stdio: 'pipe' });
    return true;
  } catch (error) {
    const why = (error as { stderr?: Buffer }).stderr?.toString().slice(0, 500) ?? String(error);
    console.warn(`SKIPPED: cel-go was not built, so nothing here was compared with it: ${why}`);
    return false;
  }
}

const runs = built();

describe.skipIf(!runs)('cel-go', () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('answers what is recorded, and what ours answers', () => {
    const asked = { schema, self, any, expressions, costLimit: 1_000_000 };
    const answer = execFileSync(program, { input: JSON.stringify(asked), maxBuffer: 2 ** 28 });
    const theirs = (JSON.parse(answer.toString()) as Answer[]).map(compared);
    if (process.env['WHERRY_RECORD'] === '1')
      writeFileSync(answersFile, theirs.map((each) => `${JSON.stringify(each)}\n`).join(''));
    expect(theirs).toHaveLength(expressions.length);
    expect(judgeAll(asked).map(compared)).toEqual(theirs);
    expect(recorded()).toEqual(theirs);
  }, 60_000);
});
