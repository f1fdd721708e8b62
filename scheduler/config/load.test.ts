/** What a user is told whose file is not there, or is none: one sentence, before anything starts. */
import { expect, it } from 'vitest';
import { silentLogger as logger } from '../../platform/logger.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { inertParts } from '../../test/support/scheduling.ts';
import { ConfigurationError } from './configuration.ts';
import { loadConfiguration, type LoadParts } from './load.ts';

const unasked = () => Promise.reject(new Error('nobody needs it'));

function refusalOf(read: LoadParts['disk']['read']): Promise<unknown> {
  const clock = new FakeClock();
  const { random } = inertParts.preemption;
  return loadConfiguration('/nope', [], {
    ...{ clock, random, logger, disk: { read } },
    ...{ loadModule: unasked, timeLimit: unasked, http: unasked },
  }).then(
    () => undefined,
    (error: unknown) => error,
  );
}

const text = (yaml: string) => async () => Buffer.from(yaml);
const head = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';

it.each<[string, LoadParts['disk']['read'], string]>([
  ['is not there', async () => undefined, 'there is no file /nope'],
  [
    'is a folder',
    () => Promise.reject(new Error('EISDIR: illegal operation on a directory, read')),
    '/nope cannot be read (EISDIR: illegal operation on a directory, read)',
  ],
  ['has one fault', text(`${head}nope: 1\n`), 'nope: '],
])('says in one sentence that the file %s', async (_, read, wanted) => {
  const error = await refusalOf(read);
  expect(error).toBeInstanceOf(ConfigurationError);
  const { message } = error as ConfigurationError;
  expect(message).toContain(`invalid scheduler configuration: ${wanted}`);
  expect(message).not.toContain('\n');
});

it('gives each of several faults a line', async () => {
  const error = await refusalOf(text('kind: Pod\n'));
  expect((error as ConfigurationError).message.split('\n')).toEqual([
    'invalid scheduler configuration:',
    expect.stringContaining('  apiVersion: Required value'),
    expect.stringContaining('  kind: Unsupported value: "Pod"'),
  ]);
});
