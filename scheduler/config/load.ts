/** From files to a scheduler's options: the configuration, plugins of one's own, certificates. */
import { required } from '../../api/field-errors.ts';
import type { Disk } from '../../platform/files/disk.ts';
import type { Effects } from '../../platform/effects.ts';
import type { OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import type { TimeLimit } from '../../platform/time-limit.ts';
import { HttpExtender, type ExtenderTls } from '../extenders/http-extender.ts';
import type { Extender } from '../framework/extender.ts';
import { PluginLimits } from '../plugin-limits.ts';
import type { PluginFactory } from '../registry.ts';
import type { LeaderElectOptions, SchedulerOptions } from '../scheduler.ts';
import { ConfigurationError, readConfiguration } from './configuration.ts';
import type { ConfiguredExtender, Pem, TlsConfiguration } from './extenders.ts';
import { ownPlugins } from './own-plugins.ts';
import { buildProfiles } from './profiles.ts';

export interface LoadParts extends Effects {
  readonly disk: Pick<Disk, 'read'>;
  loadModule(file: string): Promise<unknown>;
  /** Called only if there are plugins from outside. */
  timeLimit(): Promise<TimeLimit>;
  /** Called only if extenders are configured; the caller closes it. */
  http(): Promise<OutgoingHttp>;
}

export interface LoadedConfiguration {
  readonly kubeconfig?: string;
  readonly leaderElect: boolean;
  readonly lease: Omit<LeaderElectOptions, 'identity'>;
  readonly options: Pick<
    SchedulerOptions,
    'percentageOfNodesToScore' | 'backoff' | 'profiles' | 'extenders' | 'limits'
  >;
}

/**
 * `config` names a KubeSchedulerConfiguration, `plugins` modules that export plugins. Rejects with
 * a {@link ConfigurationError} that names each field at fault; `profiles` of the answer throws it.
 */
export async function loadConfiguration(
  config: string,
  plugins: readonly string[],
  parts: LoadParts,
): Promise<LoadedConfiguration> {
  const read = readConfiguration(await textOf(config, parts.disk));
  const { clock, random, logger } = parts;
  const own = new Map<string, PluginFactory>();
  const limits = plugins.length === 0 ? undefined : new PluginLimits(await parts.timeLimit());
  const handle = { clock, random, logger };
  if (limits !== undefined)
    for (const file of plugins)
      for (const [name, make] of ownPlugins(file, await parts.loadModule(file), { handle, limits }))
        own.set(name, make);
  const extenders = await extendersOf(read.extenders, parts);
  const ignored = read.extenders.flatMap(({ ignoredByScheduler }) => ignoredByScheduler);
  const { leaderElection: lease, profiles, percentageOfNodesToScore } = read;
  return {
    ...(read.kubeconfig === undefined ? {} : { kubeconfig: read.kubeconfig }),
    leaderElect: lease.leaderElect,
    lease: {
      lease: { namespace: lease.resourceNamespace, name: lease.resourceName },
      timing: { leaseMs: lease.leaseMs, renewMs: lease.renewMs, retryMs: lease.retryMs },
    },
    options: {
      percentageOfNodesToScore,
      extenders,
      ...(limits === undefined ? {} : { limits }),
      backoff: { initialMs: read.initialBackoffMs, maxMs: read.maxBackoffMs },
      profiles: (pluginParts) => buildProfiles(profiles, pluginParts, { own, ignored }),
    },
  };
}

async function textOf(file: string, disk: LoadParts['disk']): Promise<string> {
  const bytes = await disk.read(file).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`${file} cannot be read (${why})`);
  });
  if (bytes === undefined) throw new ConfigurationError(`there is no file ${file}`);
  return Buffer.from(bytes).toString('utf8');
}

async function extendersOf(
  configured: readonly ConfiguredExtender[],
  parts: LoadParts,
): Promise<readonly Extender[]> {
  if (configured.length === 0) return [];
  const http = await parts.http();
  const { clock, disk } = parts;
  return Promise.all(
    configured.map(
      async (each) => new HttpExtender(each, await tlsOf(each.tls, disk), { http, clock }),
    ),
  );
}

async function tlsOf(tls: TlsConfiguration, disk: LoadParts['disk']): Promise<ExtenderTls> {
  const read = async (pem: Pem): Promise<string> => {
    if ('text' in pem) return pem.text;
    const bytes = await disk.read(pem.file);
    if (bytes === undefined)
      throw new ConfigurationError([required(pem.field, `there is no file ${pem.file}`)]);
    return Buffer.from(bytes).toString('utf8');
  };
  const { insecure, serverName, ca, cert, key } = tls;
  return {
    insecureSkipVerify: insecure,
    ...(serverName === undefined ? {} : { serverName }),
    ...(ca === undefined ? {} : { ca: await read(ca) }),
    ...(cert === undefined || key === undefined
      ? {}
      : { client: { certificate: await read(cert), privateKey: await read(key) } }),
  };
}
