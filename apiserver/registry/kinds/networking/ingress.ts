import type {
  Ingress,
  IngressLoadBalancerStatus,
  IngressRule,
} from '../../../../api/types/networking-v1.ts';
import type { ResourceDeclaration, TablePrinter } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn, NONE } from '../cells.ts';
import { statusSubresource } from '../status-subresource.ts';
import { validateIngress, validateIngressStatus } from './ingress-validation.ts';
import { oddBalancerAddresses } from '../load-balancer-warnings.ts';

const INGRESS_CLASS = 'kubernetes.io/ingress.class';

const SHOWN_HOSTS = 3;

function hosts(rules: readonly IngressRule[] = []): string {
  const list: string[] = [];
  let more = false;
  for (const { host } of rules) {
    if (list.length === SHOWN_HOSTS) more = true;
    else if (host) list.push(host);
  }
  if (list.length === 0) return '*';
  return more ? `${list.join(',')} + ${rules.length - SHOWN_HOSTS} more...` : list.join(',');
}

function addresses({ ingress = [] }: IngressLoadBalancerStatus = {}): string {
  const all = ingress.map(({ ip, hostname }) => ip || hostname || '').filter((text) => text !== '');
  return [...new Set(all)].sort().join(',');
}

const printer: TablePrinter<Ingress> = {
  columns: [
    nameColumn,
    column('Class'),
    column('Hosts'),
    column('Address'),
    column('Ports'),
    ageColumn,
  ],
  cells: (ingress, nowMs) => [
    ingress.metadata.name ?? '',
    ingress.spec?.ingressClassName ?? NONE,
    hosts(ingress.spec?.rules),
    addresses(ingress.status?.loadBalancer),
    (ingress.spec?.tls?.length ?? 0) > 0 ? '80, 443' : '80',
    age(ingress, nowMs),
  ],
};

export const ingress = {
  type: {
    group: 'networking.k8s.io',
    version: 'v1',
    resource: 'ingresses',
    kind: 'Ingress',
    namespaced: true,
  },
  singular: 'ingress',
  shortNames: ['ing'],
  storagePrefix: 'ingress',
  hasStatus: true,
  hasGeneration: true,
  applyDefaults(object) {
    object.spec ??= {};
  },
  prepareForCreate(object) {
    object.status = { loadBalancer: {} };
  },
  validate: validateIngress,
  warnings({ metadata, spec }, old) {
    const isOld = metadata.annotations?.[INGRESS_CLASS] !== undefined && !spec?.ingressClassName;
    const said = "is deprecated, please use 'spec.ingressClassName' instead";
    return old === undefined && isOld ? [`annotation "${INGRESS_CLASS}" ${said}`] : [];
  },
  printer,
  subresources: [
    {
      ...statusSubresource<Ingress>(),
      validateUpdate: validateIngressStatus,
      warnings: ({ status }) => oddBalancerAddresses(status?.loadBalancer?.ingress),
    },
  ],
} satisfies ResourceDeclaration<Ingress>;
