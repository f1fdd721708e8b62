import type { Service, ServicePort } from '../../../../api/types/core-v1.ts';
import type { TablePrinter } from '../../declaration.ts';
import { age, ageColumn, column, formatLabels, nameColumn, NONE, wideColumn } from '../cells.ts';

function externalIP({ spec, status }: Service): string {
  const own = spec.externalIPs ?? [];
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return own.join(',') || NONE;
    case 'LoadBalancer': {
      const ingress = status?.loadBalancer?.ingress ?? [];
      const given = ingress.map(({ ip, hostname }) => ip || hostname || '').filter(Boolean);
      return [...given, ...own].join(',') || '<pending>';
    }
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

/** "80:30080/TCP". */
function portText({ port, nodePort, protocol }: ServicePort): string {
  return nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`;
}

export const printer: TablePrinter<Service> = {
  columns: [
    nameColumn,
    column('Type'),
    column('Cluster-IP'),
    column('External-IP'),
    column('Port(s)'),
    ageColumn,
    wideColumn('Selector'),
  ],
  cells: (service, nowMs) => {
    const { spec } = service;
    return [
      service.metadata.name ?? '',
      spec.type ?? '',
      spec.clusterIPs?.[0] || spec.clusterIP || NONE,
      externalIP(service),
      (spec.ports ?? []).map(portText).join(',') || NONE,
      age(service, nowMs),
      formatLabels(spec.selector),
    ];
  },
};
