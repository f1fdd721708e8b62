/**
 * Two clusters that differ in one component: in one it is ours, in the other Kubernetes' own. API
 * server, store and nodes are ours in both.
 */
import { join } from 'node:path';
import { apiVersionOf, type ResourceType } from '../../api/resource.ts';
import type { RestClient } from '../../client/rest.ts';
import {
  type RunningProgram,
  startControllerManager,
  startSchedulerProgram,
} from '../../bench/kubernetes.ts';
import { startCluster } from '../../cluster/start-cluster.ts';
import { startControllers } from '../../controllers/manager.ts';
import { discoverResourceTypes } from '../../controllers/runtime/discover.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { temporaryFolder } from '../../platform/node/files/temporary-folder.ts';

export interface World {
  readonly client: RestClient;
  readonly types: readonly ResourceType[];
  /** Kubernetes' program, where there is one. */
  readonly program?: RunningProgram;
  typeOf(of: { readonly apiVersion?: string; readonly kind: string }): ResourceType;
  stop(): Promise<void>;
}

type Component = 'controllers' | 'scheduler';

/** What our controllers add to Kubernetes': storage for hollow nodes. */
const ADDED = ['hollow-provisioner-controller'];

export interface WorldOptions {
  readonly nodes?: number;
  /** What is there before Kubernetes' program is. */
  readonly prepare?: (parts: Lifecycle, client: RestClient) => Promise<void>;
}

export async function startWorld(
  theirs: Component | undefined,
  { nodes = 3, prepare }: WorldOptions = {},
): Promise<World> {
  const parts = new Lifecycle();
  const folder = await temporaryFolder('wherry-beside-');
  await parts.start(() => ({ stop: () => folder.remove() }));
  const dataDir = join(folder.path, 'data');
  const without = theirs === undefined ? [] : [theirs];
  const cluster = await parts.start(() => startCluster({ dataDir, nodes, without }));
  const { client } = cluster;
  await prepare?.(parts, client);
  let program: RunningProgram | undefined;
  if (theirs === 'controllers') {
    program = await parts.start(() => startControllerManager(dataDir));
    await parts.start(() =>
      startControllers({ client, clock, random, logger, controllers: ADDED }),
    );
  }
  if (theirs === 'scheduler')
    program = await parts.start(() =>
      startSchedulerProgram(dataDir, { command: ['kube-scheduler'] }),
    );
  const types = await discoverResourceTypes(client, logger);
  return {
    client,
    types,
    ...(program === undefined ? {} : { program }),
    typeOf({ apiVersion, kind }) {
      const fits = (type: ResourceType): boolean =>
        type.kind === kind && (apiVersion === undefined || apiVersionOf(type) === apiVersion);
      const type = types.find(fits);
      if (type === undefined) throw new Error(`${apiVersion} ${kind} is not served`);
      return type;
    },
    stop: () => parts.stop(),
  };
}
