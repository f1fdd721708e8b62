/**
 * Kubernetes' own controllers and scheduler, found on the PATH, for a cluster of ours that was
 * started without them: API server, store and nodes stay the same.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withBench } from './children.ts';
import { freePorts } from './store/members.ts';

/** "1.34.1", or undefined where it is not installed. */
export function versionOf(program: string): string | undefined {
  try {
    const said = execFileSync(program, ['--version'], { stdio: 'pipe' }).toString();
    return /v(\d\S*)/.exec(said)?.[1];
  } catch {
    return undefined;
  }
}

export interface RunningProgram {
  readonly process: ChildProcess;
  /** What it has written so far. */
  log(): string;
  stop(): Promise<void>;
}

function startProgram(program: string, args: readonly string[], logFile: string): RunningProgram {
  const log = openSync(logFile, 'w');
  const process = withBench(spawn(program, args, { stdio: ['ignore', log, log] }));
  const exited = new Promise<void>((resolve) => process.once('exit', () => resolve()));
  return {
    process,
    log: () => readFileSync(logFile, 'utf8'),
    async stop() {
      process.kill('SIGTERM');
      await exited;
    },
  };
}

/** One of its kind in its cluster, it waits for no lease; nor is it to wait for its own limits. */
async function commonFlags(dataDir: string, component: string): Promise<string[]> {
  const [port] = await freePorts(1);
  const kubeconfig = join(dataDir, 'kubeconfigs', component);
  return [
    ...[`--kubeconfig=${kubeconfig}`, '--leader-elect=false'],
    ...['--bind-address=127.0.0.1', `--secure-port=${port}`],
    ...['--kube-api-qps=5000', '--kube-api-burst=5000'],
    ...[`--authentication-kubeconfig=${kubeconfig}`, `--authorization-kubeconfig=${kubeconfig}`],
  ];
}

/** For a cluster `--without controllers`. */
/** `more`: further flags. */
export async function startControllerManager(
  dataDir: string,
  more: readonly string[] = [],
): Promise<RunningProgram> {
  const pki = (name: string): string => join(dataDir, 'pki', name);
  const plugins = join(dataDir, 'flexvolumes');
  mkdirSync(plugins, { recursive: true });
  const args = [
    ...(await commonFlags(dataDir, 'controllers')),
    `--flex-volume-plugin-dir=${plugins}`,
    `--root-ca-file=${pki('ca.crt')}`,
    `--service-account-private-key-file=${pki('sa.key')}`,
    `--cluster-signing-cert-file=${pki('ca.crt')}`,
    `--cluster-signing-key-file=${pki('ca.key')}`,
    ...more,
  ];
  const log = join(dataDir, 'logs', 'kube-controller-manager.log');
  mkdirSync(join(dataDir, 'logs'), { recursive: true });
  return startProgram('kube-controller-manager', args, log);
}

export interface SchedulerChoice {
  /** A command line: `['kube-scheduler']`, or ours. */
  readonly command: readonly [string, ...string[]];
  /** Of its only profile. Default: default-scheduler. */
  readonly schedulerName?: string;
}

/** For a cluster `--without scheduler`: whichever it is, it reads the same configuration. */
export async function startSchedulerProgram(
  dataDir: string,
  { command, schedulerName = 'default-scheduler' }: SchedulerChoice,
): Promise<RunningProgram> {
  const [port] = await freePorts(1);
  const kubeconfig = join(dataDir, 'kubeconfigs', 'scheduler');
  const config = join(dataDir, 'scheduler-configuration.json');
  const configuration = {
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    clientConnection: { kubeconfig, qps: 5000, burst: 5000 },
    leaderElection: { leaderElect: false },
    profiles: [{ schedulerName }],
  };
  writeFileSync(config, JSON.stringify(configuration));
  mkdirSync(join(dataDir, 'logs'), { recursive: true });
  const [program, ...first] = command;
  const args = [
    ...first,
    ...[`--config=${config}`, '--bind-address=127.0.0.1', `--secure-port=${port}`],
    ...[`--authentication-kubeconfig=${kubeconfig}`, `--authorization-kubeconfig=${kubeconfig}`],
  ];
  return startProgram(program, args, join(dataDir, 'logs', 'scheduler-program.log'));
}
