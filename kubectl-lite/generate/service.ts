/** create service clusterip, nodeport, loadbalancer, externalname. */
import type { KubernetesObject } from '../../api/meta.ts';
import type { AnyCommand } from '../command.ts';
import { integer, list, text } from '../flags/flag.ts';
import { UsageError } from '../usage-error.ts';
import { generatorCommand } from './generator.ts';

const tcp = list('PORT or PORT:TARGETPORT');
const serviceFlags = {
  ClusterIP: { clusterip: text('Address of the service; "None" for a headless one'), tcp },
  ExternalName: { 'external-name': text('Name that the service stands for'), tcp },
  LoadBalancer: { tcp },
  NodePort: { 'node-port': integer('Port on every node; 0: a free one'), tcp },
} as const;

interface ServiceValues {
  readonly clusterip?: string;
  readonly 'external-name'?: string;
  readonly 'node-port'?: number;
  readonly tcp: readonly string[];
}

function serviceCommand(type: keyof typeof serviceFlags): AnyCommand {
  return generatorCommand({
    usage: 'NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none] [options]',
    flags: serviceFlags[type],
    namespaced: true,
    noun: `${type} service`,
    generate({ name, flags: given }) {
      const flags = given as ServiceValues;
      const { clusterip = '', 'external-name': external = '' } = flags;
      if (type === 'ExternalName') checkExternalName(external);
      const headless = clusterip === 'None';
      const needsPort = type !== 'ExternalName' && !headless;
      if (needsPort && flags.tcp.length === 0) {
        throw new UsageError('at least one tcp port specifier must be provided');
      }
      const nodePort = type === 'NodePort' ? (flags['node-port'] ?? 0) : 0;
      const ports = flags.tcp.map((spec) => portOf(spec, nodePort));
      return {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { creationTimestamp: null, labels: { app: name }, name },
        spec: {
          ...(clusterip === '' ? {} : { clusterIP: clusterip }),
          ...(type === 'ExternalName' ? { externalName: external } : {}),
          ...(ports.length > 0 ? { ports } : {}),
          selector: { app: name },
          type,
        },
        status: { loadBalancer: {} },
      } as unknown as KubernetesObject;
    },
  });
}

function checkExternalName(given: string): void {
  if (given === '') throw new UsageError('required flag(s) "external-name" not set');
  if (given.length > 253 || !/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(given)) {
    throw new UsageError(`invalid service external name ${given}`);
  }
}

/** In the words of Go's strconv.ParseUint. */
function portNumber(text: string): number {
  const failed = (why: string): never => {
    throw new UsageError(`strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`);
  };
  if (!/^\d+$/.test(text)) return failed('invalid syntax');
  return Number(text) > 65535 ? failed('value out of range') : Number(text);
}

function targetPort(text: string): number | string {
  if (!/^[-+]?\d+$/.test(text)) {
    if (/^(?!.*--)[a-z0-9-]{1,15}$/i.test(text) && /[a-z]/i.test(text)) return text;
    throw new UsageError('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  const port = Number(text);
  if (port >= 1 && port <= 65535) return port;
  throw new UsageError('must be between 1 and 65535, inclusive');
}

function portOf(spec: string, nodePort: number): object {
  const parts = spec.split(':');
  const [given = '', target = given] = parts;
  const port = portNumber(given);
  return {
    name: parts.slice(0, 2).join('-'),
    ...(nodePort > 0 ? { nodePort } : {}),
    port,
    protocol: 'TCP',
    targetPort: targetPort(target),
  };
}

export const createClusterIp = serviceCommand('ClusterIP');
export const createNodePort = serviceCommand('NodePort');
export const createLoadBalancer = serviceCommand('LoadBalancer');
export const createExternalName = serviceCommand('ExternalName');
