/**
 * The way between store members as a thing that can be cut: a proxy in front of each member's
 * peer port. A cut connection says nothing, as one does whose cable was pulled.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePorts, type StoreProcess } from './store-cluster.ts';

interface Connection {
  readonly called: StoreProcess;
  /** Member ID, from the head of the first request. */
  caller: string | undefined;
}

export class PeerNetwork {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #ids = new Map<StoreProcess, string>();
  #isolated: readonly StoreProcess[] = [];
  /** What waits for the cut to end. */
  #held: (() => void)[] = [];

  /** Puts itself between members that have not been started yet. */
  static async between(members: readonly StoreProcess[]): Promise<PeerNetwork> {
    const network = new PeerNetwork();
    const ports = await freePorts(members.length);
    for (const [i, member] of members.entries()) {
      await network.#front(member, ports[i]!);
      member.peerUrl = `http://127.0.0.1:${ports[i]}`;
    }
    return network;
  }

  /** Cuts each of the members off from all others. */
  isolate(...members: readonly StoreProcess[]): void {
    this.#isolated = members;
  }

  /** What was on its way arrives late. */
  heal(): void {
    this.#isolated = [];
    for (const pass of this.#held.splice(0)) pass();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(
      this.#servers.map((server) => new Promise((resolve) => server.close(resolve))),
    );
  }

  async #front(called: StoreProcess, port: number): Promise<void> {
    const server = createServer((near) => {
      const far = connect(called.peerPort, '127.0.0.1');
      const connection: Connection = { called, caller: undefined };
      this.#carry(connection, near, far);
      this.#carry(connection, far, near);
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    this.#servers.push(server);
  }

  #isCut({ called, caller }: Connection): boolean {
    return this.#isolated.some(
      (member) => member === called || (caller !== undefined && this.#ids.get(member) === caller),
    );
  }

  #carry(connection: Connection, from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('error', () => {});
    from.on('data', (chunk: Buffer) => {
      if (connection.caller === undefined) this.#introduce(connection, chunk);
      this.#pass(connection, from, () => to.write(chunk));
    });
    from.once('close', () => {
      this.#sockets.delete(from);
      this.#pass(connection, from, () => to.destroy());
    });
  }

  #pass(connection: Connection, from: Socket, act: () => void): void {
    if (!this.#isCut(connection)) {
      act();
      return;
    }
    from.pause();
    this.#held.push(() => {
      act();
      from.resume();
    });
  }

  #introduce(connection: Connection, head: Buffer): void {
    const text = head.toString('latin1');
    connection.caller = /^x-wherry-from: (\d+)/im.exec(text)?.[1];
    const called = /^x-wherry-to: (\d+)/im.exec(text)?.[1];
    if (called !== undefined) this.#ids.set(connection.called, called);
  }
}
