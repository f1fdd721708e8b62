/** The process runtime with the machine's own effects: loaded only where somebody asks for it. */
import type { Client } from '../client/interface.ts';
import type { Logger } from '../platform/logger.ts';
import { absolutePath } from '../platform/node/files/absolute-path.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { realFileTree } from '../platform/node/files/file-tree.ts';
import { realLocalNetwork } from '../platform/node/net/local-network.ts';
import { outgoingHttp } from '../platform/node/net/outgoing-http.ts';
import { realProcesses } from '../platform/node/processes.ts';
import type { NodeSpecification } from './node-object.ts';
import { CONTAINER_VARIABLE } from './process/process-host.ts';
import { ProcessRuntime } from './process/process-runtime.ts';

export interface ProcessChoice {
  /** Where nodes keep their pods. */
  readonly rootDir: string;
  readonly client: Client;
  readonly logger: Logger;
  /** Of this process; containers get the few that every program needs. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Variables that containers have of the agent's. Others stay its own. */
const inherited = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

export function processRuntimes(
  choice: ProcessChoice,
): (node: NodeSpecification) => ProcessRuntime {
  const rootDir = absolutePath(choice.rootDir);
  const kept = inherited.flatMap((name) => {
    const value = choice.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const effects = {
    client: choice.client,
    clock: realClock,
    disk: realDisk,
    files: realFileTree,
    processes: realProcesses,
    network: realLocalNetwork,
    persistent: `${rootDir}/volumes`,
    env: Object.fromEntries(kept),
  };
  return ({ name, internalIp: hostIp, capacity, allocatable = capacity }) =>
    new ProcessRuntime({
      ...effects,
      http: outgoingHttp(),
      logger: choice.logger.child({ node: name }),
      root: `${rootDir}/nodes/${name}`,
      place: { podIp: hostIp, hostIp, allocatable },
    });
}

/** Ends what agents of that folder left running when they were killed; tells how much that was. */
export function endLeftovers(rootDir: string): number {
  const root = `${absolutePath(rootDir)}/`;
  const left = realProcesses
    .withVariable(CONTAINER_VARIABLE)
    .filter(({ value }) => value.startsWith(root));
  for (const { id } of left) realProcesses.signal(id, 'SIGKILL');
  return left.length;
}
