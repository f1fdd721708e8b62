import { namespaceOf } from '../../api/meta.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import { configMaps, secrets } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { Client } from '../../client/interface.ts';

/** The keys of a ConfigMap or a Secret, as bytes. */
export type Keys = ReadonlyMap<string, Buffer>;

/** What a pod reads of its namespace. Undefined: there is no such object. */
export class PodObjects {
  readonly client: Client;
  readonly namespace: string;

  constructor(client: Client, pod: Pod) {
    this.client = client;
    this.namespace = namespaceOf(pod);
  }

  async configMap(name: string): Promise<Keys | undefined> {
    const found = await this.#find(configMaps, name);
    if (found === undefined) return undefined;
    return new Map([
      ...Object.entries(found.data ?? {}).map(([key, text]) => [key, Buffer.from(text)] as const),
      ...Object.entries(found.binaryData ?? {}).map(decoded),
    ]);
  }

  async secret(name: string): Promise<Keys | undefined> {
    const found = await this.#find(secrets, name);
    return found && new Map(Object.entries(found.data ?? {}).map(decoded));
  }

  async #find<T extends KubernetesObject>(
    type: ResourceType<T>,
    name: string,
  ): Promise<T | undefined> {
    try {
      return await this.client.get(type, { namespace: this.namespace, name });
    } catch (error) {
      if (isStatus(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}

const decoded = ([key, text]: [string, string]): readonly [string, Buffer] => [
  key,
  Buffer.from(text, 'base64'),
];
