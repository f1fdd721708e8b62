import type { Container, Pod } from '../../api/types/core-v1.ts';
import type { LocalNetwork } from '../../platform/net/local-network.ts';

/** Of a container: where each of its declared ports really is. */
export type Ports = ReadonlyMap<number, number>;

/**
 * Containers share the machine's ports. Each gets those it declares where they are free, and
 * others in their place where they are not: a program that listens on `$PORT` may so run twice.
 */
export class PortBook {
  readonly #network: LocalNetwork;
  readonly #taken = new Set<number>();

  constructor(network: LocalNetwork) {
    this.#network = network;
  }

  async allocate(pod: Pod, { ports = [] }: Container): Promise<Ports> {
    const result = new Map<number, number>();
    for (const { containerPort, protocol = 'TCP' } of ports) {
      if (protocol !== 'TCP' || result.has(containerPort)) continue;
      result.set(containerPort, await this.#one(pod.spec.hostNetwork === true, containerPort));
    }
    return result;
  }

  /** Of a container that runs already. */
  reserve(ports: Ports): void {
    for (const port of ports.values()) this.#taken.add(port);
  }

  release(ports: Ports): void {
    for (const port of ports.values()) this.#taken.delete(port);
  }

  async #one(exact: boolean, wanted: number): Promise<number> {
    if (exact) return wanted;
    if (!this.#taken.has(wanted)) {
      this.#taken.add(wanted);
      if (await this.#network.isFree(wanted)) return wanted;
      this.#taken.delete(wanted);
    }
    for (;;) {
      const port = await this.#network.freePort();
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      return port;
    }
  }
}
