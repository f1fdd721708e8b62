import type { Service } from '../../api/types/core-v1.ts';
import { command } from '../command.ts';
import { coloured } from '../printers/colour.ts';
import { listItems } from '../resource/list.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export const clusterInfo = command({
  usage: '[flags] [options]',
  flags: {},
  async run(session, { words }) {
    if (words.length > 0) {
      throw new UsageError(`unknown command ${JSON.stringify(words[0])} for "kubectl-lite"`);
    }
    const services = await listItems<Service>(session, {
      path: '/api/v1/namespaces/kube-system/services',
      labelSelector: 'kubernetes.io/cluster-service=true',
    });
    tell(session, 'Kubernetes control plane', session.server);
    for (const service of services) {
      const { name = '', labels } = service.metadata;
      tell(session, labels?.['kubernetes.io/name'] ?? name, linkOf(session, service));
    }
    session.print(
      "\nTo further debug and diagnose cluster problems, use 'kubectl-lite cluster-info dump'.",
    );
    return 0;
  },
});

function tell(session: Session, name: string, link: string): void {
  session.print(
    `${coloured(session, 'green', name)} is running at ${coloured(session, 'yellow', link)}`,
  );
}

/** A load balancer's address, or the way through the API server's proxy. */
function linkOf(session: Session, { metadata, spec, status }: Service): string {
  const ingress = status?.loadBalancer?.ingress?.[0];
  const ports = spec.ports ?? [];
  if (ingress !== undefined) {
    const host = ingress.ip ?? ingress.hostname ?? '';
    return ports.map(({ port }) => `http://${host}:${port} `).join('');
  }
  const { name = '', namespace = '' } = metadata;
  const [first] = ports;
  const secure = first?.name === 'https' || first?.port === 443 ? `https:${name}:` : name;
  const target = first?.name ? `${secure}${secure.endsWith(':') ? '' : ':'}${first.name}` : secure;
  return `${session.server}/api/v1/namespaces/${namespace}/services/${target}/proxy`;
}
