/** A scheduler in a process of its own, with an API server of ours and a stage for cases. */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectionOf, loadKubeconfig } from '../../../client/kubeconfig-connection.ts';
import { createClient, type RestClient } from '../../../client/rest.ts';
import type { Lifecycle } from '../../../platform/lifecycle.ts';
import { realClock as clock } from '../../../platform/node/clock.ts';
import { realDisk } from '../../../platform/node/files/disk.ts';
import { connectHttp } from '../../../platform/node/net/http-client.ts';
import { startSecureApi } from '../secure-api.ts';
import { Stage } from './stage.ts';

export interface Side {
  readonly stage: Stage;
  readonly kubeconfig: string;
}

/** `fieldsFor` gives what the KubeSchedulerConfiguration has beside the connection. */
export async function startSide(
  parts: Lifecycle,
  [program, ...args]: readonly [string, ...string[]],
  fieldsFor: (client: RestClient) => Promise<object> = async () => ({}),
): Promise<Side> {
  const { kubeconfig, folder } = await parts.start(startSecureApi);
  const server = await connectionOf(realDisk, await loadKubeconfig(realDisk, [kubeconfig]));
  const connection = connectHttp(server);
  await parts.start(() => ({ stop: () => connection.close() }));
  const client = createClient({ handler: connection.handler, userAgent: 'test', clock });
  const config = join(folder, 'scheduler.json');
  const configuration = {
    ...{ apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration' },
    clientConnection: { kubeconfig, qps: 1000, burst: 1000 },
    leaderElection: { leaderElect: false },
    ...(await fieldsFor(client)),
  };
  await writeFile(config, JSON.stringify(configuration));
  const flags = [`--config=${config}`, '--secure-port=0'];
  const child = spawn(program, [...args, ...flags], { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await parts.start(() => ({
    stop() {
      child.kill('SIGKILL');
      return exited;
    },
  }));
  return { stage: new Stage(client), kubeconfig };
}
