/** create service clusterip, nodeport, loadbalancer, externalname. */
import type { KubernetesObject } from '../../api/meta.ts';
import type { AnyCommand } from '../command.ts';
import { integer, list, text } from '../flags/flag.ts';
import { UsageError } from '../usage-error.ts';
import { generatorCommand } from './generator.ts';

const serviceFlags = {
  clusterip: text('Address of the service; "None" for a headless one'),
  'external-name': text('Name that an ExternalName service stands for'),
  'node-port': integer('Port on every node; 0: a free one'),
  tcp: list('PORT or PORT:TARGETPORT'),
} as const;

function serviceCommand(type: string): AnyCommand {
  return generatorCommand({
    usage: 'NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none] [options]',
    flags: serviceFlags,
    namespaced: true,
    generate({ name, flags }) {
      const headless = flags.clusterip === 'None';
      const needsPort = type !== 'ExternalName' && !headless;
      if (needsPort && flags.tcp.length === 0) {
        throw new UsageError('at least one tcp port specifier must be provided');
      }
      const nodePort = type === 'NodePort' ? flags['node-port'] : 0;
      const ports = flags.tcp.map((spec) => portOf(spec, nodePort));
      return {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { creationTimestamp: null, labels: { app: name }, name },
        spec: {
          ...(flags.clusterip === '' ? {} : { clusterIP: flags.clusterip }),
          ...(type === 'ExternalName' ? { externalName: flags['external-name'] } : {}),
          ...(ports.length > 0 ? { ports } : {}),
          selector: { app: name },
          type,
        },
        status: { loadBalancer: {} },
      } as unknown as KubernetesObject;
    },
  });
}

function portOf(spec: string, nodePort: number): object {
  const [port = '', target = port] = spec.split(':');
  if (!/^\d+$/.test(port)) throw new UsageError(`invalid port ${spec}`);
  const targetPort = /^\d+$/.test(target) ? Number(target) : target;
  return {
    name: spec.replace(':', '-'),
    ...(nodePort > 0 ? { nodePort } : {}),
    port: Number(port),
    protocol: 'TCP',
    targetPort,
  };
}

export const createClusterIp = serviceCommand('ClusterIP');
export const createNodePort = serviceCommand('NodePort');
export const createLoadBalancer = serviceCommand('LoadBalancer');
export const createExternalName = serviceCommand('ExternalName');
