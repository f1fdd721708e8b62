import type { Session } from '../session.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import type { Container, ServicePort } from '../../api/types/core-v1.ts';
import { withLastApplied } from '../apply/last-applied.ts';
import { command, type Line } from '../command.ts';
import { boolean, text } from '../flags/flag.ts';
import { ChangePrinter, dryRunOf, dryRunQuery, outputFlags } from '../printers/change-printer.ts';
import { locate, visit } from '../resource/builder.ts';
import { dryRunFlag, fieldManagerFlag, filenameFlags } from '../resource/flags.ts';
import { quotedTitle, type Located, readLive } from '../resource/located.ts';
import { pathOf } from '../resource/resources.ts';
import { UsageError } from '../usage-error.ts';
import { overridden, overridesFlags } from '../generate/overrides.ts';
import { parsePairs } from '../generate/pairs.ts';

const exposeFlags = {
  ...filenameFlags,
  ...dryRunFlag,
  ...outputFlags,
  ...fieldManagerFlag('kubectl-expose'),
  ...overridesFlags,
  'save-config': boolean('Keep the configuration in an annotation, for a later apply'),
  selector: text('Selector of the service; that of the exposed object otherwise'),
  'cluster-ip': text('Address of the service; "None" for a headless one'),
  'external-ip': text('Another address that the service answers on'),
  labels: text('Labels of the service', { shorthand: 'l' }),
  'load-balancer-ip': text('Address of the load balancer'),
  name: text('Name of the service; the exposed object has the same otherwise'),
  port: text("Port of the service; the container's otherwise"),
  protocol: text('"TCP", "UDP" or "SCTP"'),
  'session-affinity': text('"None" or "ClientIP"'),
  'target-port': text('Name or number of the port of the containers'),
  type: text('"ClusterIP", "NodePort", "LoadBalancer" or "ExternalName"'),
} as const;

type ExposeFlags = Line<typeof exposeFlags>['flags'];

export const expose = command({
  usage:
    '(-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] ' +
    '[--target-port=number-or-name] [--name=name] [--external-ip=ip] [--type=type]',
  flags: exposeFlags,
  async run(session, { words, flags }) {
    const dryRun = dryRunOf(flags);
    const printer = await ChangePrinter.of(session, flags, dryRun);
    // The selector is the service's, not one of the objects to expose.
    const found = await locate(session, { ...flags, selector: '', words });
    const services = (await session.resources()).ofKind('v1', 'Service')!;
    return visit(session, found, async (located) => {
      // What a manifest says is enough: it need not be there yet.
      const live = located.object ?? (await readLive(session, located));
      const made = await overridden(serviceFor(session, located, { live, flags }), flags);
      const service = flags['save-config'] ? withLastApplied(made, { bare: true }) : made;
      const namespace = located.namespace;
      const created =
        dryRun === 'client'
          ? service
          : await session.api.send({
              method: 'POST',
              path: pathOf(services, namespace),
              query: { fieldManager: flags['field-manager'], ...dryRunQuery(dryRun) },
              body: service,
            });
      const name = service.metadata.name ?? '';
      printer.print({ type: services, namespace, name }, 'exposed', created);
    });
  },
});

interface Exposed {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, unknown>>;
    readonly ports?: readonly ServicePort[];
    readonly template?: { readonly spec?: { readonly containers?: readonly Container[] } };
    readonly containers?: readonly Container[];
  };
}

function serviceFor(
  { namespaceGiven, namespace }: Session,
  located: Located,
  { live, flags }: { readonly live: KubernetesObject; readonly flags: ExposeFlags },
): KubernetesObject {
  const labels = flags.labels === '' ? live.metadata.labels : parsePairs(flags.labels, 'label');
  const ports = portsOf(located, live as Exposed, flags);
  const single = ports.length === 1;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      creationTimestamp: null as never,
      ...(labels === undefined ? {} : { labels }),
      name: flags.name === '' ? located.name : flags.name,
      ...(namespaceGiven ? { namespace } : {}),
    },
    spec: {
      ports: ports.map((port, i) => (single ? port : { name: `port-${i + 1}`, ...port })),
      selector: selectorOf(located, live as Exposed, flags),
      ...(flags['cluster-ip'] === '' ? {} : { clusterIP: flags['cluster-ip'] }),
      ...(flags['external-ip'] === '' ? {} : { externalIPs: [flags['external-ip']] }),
      ...(flags['load-balancer-ip'] === '' ? {} : { loadBalancerIP: flags['load-balancer-ip'] }),
      ...(flags['session-affinity'] === '' ? {} : { sessionAffinity: flags['session-affinity'] }),
      ...(flags.type === '' ? {} : { type: flags.type }),
    },
    status: { loadBalancer: {} },
  } as KubernetesObject;
}

function selectorOf(located: Located, live: Exposed, flags: ExposeFlags): Record<string, string> {
  if (flags.selector !== '') return parsePairs(flags.selector, 'selector');
  const { kind } = located.type;
  if (kind === 'Pod') {
    const labels = (live as unknown as KubernetesObject).metadata.labels;
    if (labels !== undefined) return { ...labels };
    throw new UsageError(
      "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels " +
        'and cannot be exposed',
    );
  }
  const selector = live.spec?.selector;
  if (kind === 'Service' || kind === 'ReplicationController') {
    if (selector !== undefined) return selector as Record<string, string>;
    throw new UsageError(
      `couldn't retrieve selectors via --selector flag or introspection: invalid ${kind.toLowerCase()}: no selectors, therefore cannot be exposed`,
    );
  }
  if (kind !== 'Deployment' && kind !== 'ReplicaSet') {
    throw new UsageError(
      `cannot expose a ${kind}${located.type.group && '.'}${located.type.group}`,
    );
  }
  if (selector?.['matchExpressions'] !== undefined) {
    throw new UsageError(
      "couldn't retrieve selectors via --selector flag or introspection: couldn't convert " +
        'expressions - "[{...}]" to map-based selector format',
    );
  }
  const labels = (selector?.['matchLabels'] ?? {}) as Record<string, string>;
  if (Object.keys(labels).length > 0) return labels;
  throw new UsageError(
    "couldn't retrieve selectors via --selector flag or introspection: invalid " +
      `${kind.toLowerCase()}: no selectors, therefore cannot be exposed`,
  );
}

function portsOf(located: Located, live: Exposed, flags: ExposeFlags): ServicePort[] {
  const containers = live.spec?.template?.spec?.containers ?? live.spec?.containers ?? [];
  const declared: { port: number; protocol: string }[] =
    located.type.kind === 'Service'
      ? (live.spec?.ports ?? []).map((p) => ({ port: p.port, protocol: p.protocol ?? 'TCP' }))
      : containers
          .flatMap((container) => container.ports ?? [])
          .map((p) => ({ port: p.containerPort, protocol: p.protocol ?? 'TCP' }));
  const numbers =
    flags.port === '' ? declared.map(({ port }) => port) : flags.port.split(',').map(Number);
  if (numbers.length === 0) {
    throw new UsageError(`couldn't find port via --port flag or introspection`);
  }
  if (numbers.some((port) => !Number.isInteger(port))) {
    throw new UsageError(`invalid port ${flags.port} of ${quotedTitle(located)}`);
  }
  const target = flags['target-port'];
  return numbers.map((port) => {
    const protocol =
      flags.protocol || declared.find((entry) => entry.port === port)?.protocol || 'TCP';
    const targetPort = target === '' ? port : /^\d+$/.test(target) ? Number(target) : target;
    return { port, protocol, targetPort };
  });
}
