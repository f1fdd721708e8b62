/** Why nobody answers at a Service, or behind an Ingress. */
import type { Pod, Service } from '../../api/types/core-v1.ts';
import type { Ingress, IngressBackend } from '../../api/types/networking-v1.ts';
import { beside, type Evidence } from './evidence.ts';
import type { Told } from './finding.ts';

export async function serviceFindings(evidence: Evidence, service: Service): Promise<Told[]> {
  const { spec = {}, status = {} } = service;
  const told: Told[] = [];
  if (spec.type === 'LoadBalancer' && (status.loadBalancer?.ingress ?? []).length === 0) {
    const hint =
      'only a cloud, or a load balancer that you install, gives one: or use port-forward';
    told.push({ text: 'no load balancer has given it an address', hint });
  }
  if (spec.type === 'ExternalName' || spec.selector === undefined) return told;
  const all = await evidence.list<Pod>(beside(service, 'pods'));
  const wanted = Object.entries(spec.selector);
  const selected = all.filter(({ metadata }) =>
    wanted.every(([key, value]) => metadata.labels?.[key] === value),
  );
  const selector = wanted.map((pair) => pair.join('=')).join(',');
  if (selected.length === 0) {
    const hint = `compare it with the pods' labels: kubectl-lite get pods --show-labels`;
    return [...told, { text: `its selector ${selector} matches no pod`, hint }];
  }
  if (!selected.some(isReady)) {
    const hint = `kubectl-lite why pod ${selected[0]!.metadata.name ?? ''}`;
    told.push({ text: `none of the ${selected.length} pods that it selects is ready`, hint });
  }
  return [...told, ...missingPorts(service, selected)];
}

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;

/** Target ports that are given by name, and that no container has. */
function missingPorts({ spec = {} }: Service, pods: readonly Pod[]): Told[] {
  const containers = pods.flatMap((pod) => pod.spec.containers);
  const names = new Set(containers.flatMap(({ ports = [] }) => ports.map(({ name }) => name)));
  return (spec.ports ?? []).flatMap(({ targetPort }) =>
    typeof targetPort !== 'string' || names.has(targetPort)
      ? []
      : [{ text: `no container of its pods has a port of the name ${JSON.stringify(targetPort)}` }],
  );
}

export async function ingressFindings(evidence: Evidence, ingress: Ingress): Promise<Told[]> {
  const { spec = {} } = ingress;
  const paths = (spec.rules ?? []).flatMap(({ http }) => http?.paths ?? []);
  const backends = [spec.defaultBackend, ...paths.map(({ backend }) => backend)];
  const told = backends.map((backend) => backendFinding(evidence, ingress, backend));
  const className = spec.ingressClassName;
  const classPath = `/apis/networking.k8s.io/v1/ingressclasses/${className ?? ''}`;
  if (className !== undefined && (await evidence.lacks(classPath))) {
    const hint = 'install the ingress controller that makes it: kubectl-lite get ingressclasses';
    told.push(Promise.resolve([{ text: `the IngressClass "${className}" does not exist`, hint }]));
  }
  return (await Promise.all(told)).flat();
}

async function backendFinding(
  evidence: Evidence,
  ingress: Ingress,
  backend: IngressBackend | undefined,
): Promise<Told[]> {
  const wanted = backend?.service;
  if (wanted === undefined) return [];
  const services = await evidence.list<Service>(beside(ingress, 'services'));
  const service = services.find(({ metadata }) => metadata.name === wanted.name);
  const title = `Service ${JSON.stringify(wanted.name)}`;
  if (service === undefined) return [{ text: `it leads to the ${title}, which does not exist` }];
  const { name, number } = wanted.port ?? {};
  const ports = service.spec?.ports ?? [];
  if (ports.some((port) => port.port === number || (name && port.name === name))) return [];
  const text = `it leads to port ${name ?? number ?? ''} of the ${title}, which has no such port`;
  return [{ text, hint: `it has: ${ports.map((port) => port.port).join(', ')}` }];
}
