import { expect, it } from 'vitest';
import type { ProcessContext } from '../platform/node/process.ts';
import { runWherry } from './cli.ts';

it.each([
  ['etcdctl vers', 'etcdctl version: 3.6.0\nAPI version: 3.6\n'],
  ['etcdctl version --hex=true', 'etcdctl version: 3.6.0\nAPI version: 3.6\n'],
])('`wherry %s` leaves the words to etcdctl’s parser', async (line, answer) => {
  let said = '';
  const out: ProcessContext['out'] = (text) => {
    said += String(text);
  };
  const context: Partial<ProcessContext> = { argv: line.split(' '), out, err: out };
  expect(await runWherry(context as ProcessContext)).toBe(0);
  expect(said).toBe(answer);
});
