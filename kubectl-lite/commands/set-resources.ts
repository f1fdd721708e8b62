import { command } from '../command.ts';
import { text } from '../flags/flag.ts';
import { parsePairs } from '../generate/pairs.ts';
import { containersNamed } from '../resource/pod-spec.ts';
import { UsageError } from '../usage-error.ts';
import { setFlags, setOnPodSpecs } from './set-change.ts';

export const setResources = command({
  usage: '(-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS]',
  flags: {
    ...setFlags,
    containers: text('Names of the containers to change; wildcards work', {
      shorthand: 'c',
      value: '*',
    }),
    limits: text('Most that a container may use, as "cpu=100m,memory=256Mi"'),
    requests: text('What a container is given at least, as "cpu=100m,memory=256Mi"'),
  },
  async run(session, { words, flags }) {
    if (flags.limits === '' && flags.requests === '') {
      throw new UsageError(
        'you must specify an update to requests or limits (in the form of --requests/--limits)',
      );
    }
    const limits = flags.limits === '' ? {} : parsePairs(flags.limits, 'limit');
    const requests = flags.requests === '' ? {} : parsePairs(flags.requests, 'request');
    return setOnPodSpecs(session, {
      builder: { ...flags, words },
      flags,
      operation: 'resource requirements updated',
      refused: 'failed to patch resources update to pod template',
      change(spec) {
        const containers = containersNamed(spec, flags.containers);
        if (containers.length === 0) {
          throw new UsageError(`unable to find container named ${flags.containers}`);
        }
        for (const container of containers) {
          const before = container.resources ?? {};
          container.resources = {
            ...before,
            ...(flags.limits === '' ? {} : { limits: { ...before.limits, ...limits } }),
            ...(flags.requests === '' ? {} : { requests: { ...before.requests, ...requests } }),
          };
        }
      },
    });
  },
});
