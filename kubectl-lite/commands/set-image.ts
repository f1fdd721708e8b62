import { command } from '../command.ts';
import { locate } from '../resource/builder.ts';
import { containersNamed } from '../resource/pod-spec.ts';
import { UsageError } from '../usage-error.ts';
import { setFlags, setOnPodSpecs } from './set-change.ts';

export const setImage = command({
  usage:
    '(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... ' +
    'CONTAINER_NAME_N=CONTAINER_IMAGE_N',
  flags: setFlags,
  async run(session, { words, flags }) {
    const pairs = words.filter((word) => word.indexOf('=') > 0);
    const builder = { ...flags, words: words.filter((word) => word.indexOf('=') <= 0) };
    if (pairs.length === 0) {
      // What is wrong with the objects is told first.
      await locate(session, builder);
      throw new UsageError('at least one image update is required');
    }
    return setOnPodSpecs(session, {
      builder,
      flags,
      operation: 'image updated',
      refused: 'failed to patch image update to pod template:',
      change(spec) {
        for (const pair of pairs) {
          const [name = '', image = ''] = splitOnce(pair);
          const containers = containersNamed(spec, name);
          if (containers.length === 0) {
            throw new UsageError(`unable to find container named ${JSON.stringify(name)}`);
          }
          for (const container of containers) container.image = image;
        }
      },
    });
  },
});

const splitOnce = (pair: string): [string, string] => {
  const equals = pair.indexOf('=');
  return [pair.slice(0, equals), pair.slice(equals + 1)];
};
