import { it } from 'vitest';
import { transcripts } from './side-by-side.ts';

transcripts('what the server serves', ({ both }) => {
  it.each([
    ['api-resources'],
    ['api-resources -o wide --namespaced=false'],
    ['api-resources -o name --verbs=list,get --api-group=apps'],
    ['api-versions'],
  ])('%s', async (line) => {
    await both(...line.split(' '));
  });
});
