/** The control plane's node where each component is a process: the supervisor is its agent. */
import type { Pki } from '../../apiserver/pki/pki.ts';
import { connectionOf, loadKubeconfig } from '../../client/kubeconfig-connection.ts';
import { createClient } from '../../client/rest.ts';
import { startKubelet } from '../../kubelet/kubelet.ts';
import { realRuntimes } from '../../kubelet/real-runtimes.ts';
import { Lifecycle, type Running } from '../../platform/lifecycle.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realEffects } from '../../platform/node/effects.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { connectHttp } from '../../platform/node/net/http-client.ts';
import { createLogger } from '../../platform/node/logger.ts';
import { serveNodes } from '../node-server.ts';
import type { ClusterPaths } from '../paths.ts';
import type { ComponentStates } from './component-states.ts';
import { masterNode } from './master.ts';
import { type ControlPlanePart, MASTER, partOf } from './parts.ts';

export interface SeparateMasterOptions {
  readonly paths: ClusterPaths;
  readonly pki: Pki;
  readonly states: ComponentStates;
  /** Those that were started, with the arguments of `wherry`. */
  readonly components: readonly { readonly name: string; readonly args: readonly string[] }[];
}

export async function startSeparateMaster(options: SeparateMasterOptions): Promise<Running> {
  const { paths, pki, states } = options;
  const file = paths.logFile(MASTER);
  const logger = createLogger({ level: 'silent', name: 'kubelet', file });
  const running = new Lifecycle();
  try {
    const files = [paths.componentKubeconfig(MASTER)];
    const connect = async () => connectionOf(realDisk, await loadKubeconfig(realDisk, files));
    const connection = connectHttp({ ...(await connect()), renewed: connect });
    await running.start(() => ({ stop: () => connection.close() }));
    const effects = realEffects(logger);
    const { handler } = connection;
    const metrics = new Metrics();
    const client = createClient({ handler, userAgent: 'wherry-master', clock: realClock });
    const parts = options.components.flatMap(({ name, args }): ControlPlanePart[] => {
      const log = { path: paths.logFile(name) };
      const part = partOf(name, { command: ['wherry', ...args], log });
      return part === undefined ? [] : [part];
    });
    const { node, runtime } = masterNode(parts, states);
    // Other pods of this node are hollow: nothing of a user's runs in the supervisor.
    const { runtimeOf, machine } = await realRuntimes({
      client,
      logger,
      env: {},
      runtime: 'hollow',
      rootDir: paths.nodes,
    });
    const kubelet = await running.start(() =>
      startKubelet({
        ...effects,
        client,
        node,
        metrics,
        machine,
        runtimeOf: (specification) => runtime(runtimeOf(specification)),
        server: (pods) => serveNodes({ pki, logger, metrics }, pods),
      }),
    );
    await kubelet.ready();
    return running;
  } catch (error) {
    await running.stop();
    throw error;
  }
}
