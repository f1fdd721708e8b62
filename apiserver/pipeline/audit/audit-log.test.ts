import { expect, it } from 'vitest';
import { silentLogger } from '../../../platform/logger.ts';
import { AuditLog, type LineSink } from './audit-log.ts';
import type { AuditMode } from './backend.ts';

/** A log whose writes end as the test says. */
function started(mode: AuditMode) {
  const writes: { readonly text: string; readonly end: (error?: Error) => void }[] = [];
  const sink: LineSink = {
    write: (text) =>
      new Promise((resolve, reject) => {
        writes.push({ text, end: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
    close: () => Promise.resolve(),
  };
  return { log: new AuditLog(sink, silentLogger, mode), writes };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it.each([
  ['blocking', true],
  ['blocking-strict', false],
] as const)('in mode %s a request waits until its events are written', async (mode, afterAll) => {
  const { log, writes } = started(mode);
  const answers: [string, boolean][] = [];
  const add = (name: string): void => {
    void log.add({ auditID: '' }, name)!.then((answer) => answers.push([name, answer]));
  };
  add('a');
  add('b');
  await turn();
  add('c');
  await turn();
  expect(answers).toEqual([]);
  writes[0]!.end();
  await turn();
  expect(answers).toEqual([
    ['a', true],
    ['b', true],
  ]);
  writes[1]!.end(new Error('disk full'));
  await turn();
  expect(answers[2]).toEqual(['c', afterAll]);
  expect(writes.map(({ text }) => text)).toEqual(['a\nb\n', 'c\n']);
  expect(log.lost).toBe(1);
  await log.stop();
});

it('only blocking-strict refuses a request whose event found no room', async () => {
  const large = 'x'.repeat(40 * 2 ** 20);
  for (const [mode, answer] of [
    ['batch', undefined],
    ['blocking', undefined],
    ['blocking-strict', false],
  ] as const) {
    const { log, writes } = started(mode);
    void log.add({ auditID: '' }, large);
    expect(await log.add({ auditID: '' }, large)).toBe(answer);
    await turn();
    writes[0]!.end();
    await log.stop();
  }
});
