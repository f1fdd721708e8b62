import type { Node } from '../api/types/core-v1.ts';
import type { Clock } from '../platform/clock.ts';
import { DEFAULT_ADDRESS_TYPES } from './proxy/agent-address.ts';
import { NodePassages, type NodePassagesOptions } from './proxy/passages.ts';
import type { Storage } from './storage/storage.ts';

/** How a server reaches nodes' agents and knows them. */
export interface NodeWay extends Pick<NodePassagesOptions, 'upstream' | 'tls'> {
  /** Default: kube-apiserver's. */
  readonly addressTypes?: readonly string[] | undefined;
}

export function nodePassages(
  { upstream, tls, addressTypes = DEFAULT_ADDRESS_TYPES }: NodeWay,
  { storage, clock }: { readonly storage: Storage; readonly clock: Clock },
): NodePassages {
  const node = async (name: string): Promise<Node | undefined> => {
    const stored = storage.resource('minions');
    return (await stored?.read('', name))?.value as Node | undefined;
  };
  return new NodePassages({ upstream, tls, clock, node, addressTypes });
}
