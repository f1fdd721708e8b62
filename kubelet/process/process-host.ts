import type { Client } from '../../client/interface.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Disk } from '../../platform/files/disk.ts';
import type { FileTree } from '../../platform/files/file-tree.ts';
import type { LocalNetwork } from '../../platform/net/local-network.ts';
import type { Logger } from '../../platform/logger.ts';
import type { OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import type { Processes } from '../../platform/processes.ts';
import type { PodPlace } from './downward.ts';

/** The machine as the containers of one node see it. */
export interface ProcessHost {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly disk: Disk;
  readonly files: FileTree;
  readonly processes: Processes;
  readonly network: LocalNetwork;
  readonly http: OutgoingHttp;
  /** Absolute, of this node alone: its pods, their volumes and their logs. */
  readonly root: string;
  /** Absolute: persistent volumes, for all nodes of the machine. */
  readonly persistent: string;
  readonly place: PodPlace;
  /** What every container inherits: PATH, HOME and the like. */
  readonly env: Readonly<Record<string, string>>;
}

/** Names the run a process belongs to, in its environment: `<root>/pods/<uid>/<container id>`. */
export const CONTAINER_VARIABLE = 'WHERRY_CONTAINER';

export const podFolder = (root: string, uid: string): string => `${root}/pods/${uid}`;
/** Of one run: its record, pipes, log and root folder. */
export const runFolder = (root: string, uid: string, id: string): string =>
  `${podFolder(root, uid)}/runs/${id}`;
