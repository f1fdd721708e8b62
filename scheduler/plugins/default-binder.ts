import type { Pod } from '../../api/types/core-v1.ts';
import type { BindPlugin } from '../framework/interface.ts';

/** Writes the decision to the API server. Rejects if it may not have been written. */
export type PostBinding = (pod: Pod, nodeName: string) => Promise<void>;

export function defaultBinder(post: PostBinding): BindPlugin {
  return {
    name: 'DefaultBinder',
    async bind({ pod }, nodeName) {
      await post(pod.pod, nodeName);
      return undefined;
    },
  };
}
