import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  required,
} from '../../../../api/field-errors.ts';
import { goStruct } from '../../../../api/go-struct.ts';
import type { Service, ServicePort, ServiceSpec } from '../../../../api/types/core-v1.ts';
import { portName, portNumber } from '../../../../api/validation/formats.ts';
import { validateLabels } from '../../../../api/validation/labels.ts';
import { dns1123Label, dns1123Subdomain, qualifiedName } from '../../../../api/validation/names.ts';
import { parseCidr } from '../../../../api/cidr.ts';
import { check, oneOf } from '../checks.ts';
import { validateValidEndpointIP } from '../endpoint-ip.ts';
import { isHeadless, needsExternalPolicy, needsHealthCheckPort, serviceTypes } from './traits.ts';
import { validateClusterIPs } from './validation-cluster-ips.ts';

const KUBELET_PORT = 10_250;
const MAX_AFFINITY_SECONDS = 86_400;

interface PortAt {
  readonly field: string;
  readonly needsName: boolean;
  readonly names: Set<string>;
}

function validatePort(port: ServicePort, { field, needsName, names }: PortAt): FieldError[] {
  const errors: FieldError[] = [];
  const { name, targetPort, appProtocol } = port;
  if (name) {
    errors.push(...check(dns1123Label, name, `${field}.name`));
    if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
    names.add(name);
  } else if (needsName) errors.push(required(`${field}.name`));
  errors.push(...check(portNumber, port.port ?? 0, `${field}.port`));
  errors.push(...oneOf(port.protocol, ['SCTP', 'TCP', 'UDP'], { field: `${field}.protocol` }));
  if (typeof targetPort === 'string') {
    errors.push(...check(portName, targetPort, `${field}.targetPort`));
  } else errors.push(...check(portNumber, targetPort ?? 0, `${field}.targetPort`));
  if (appProtocol !== undefined)
    errors.push(...check(qualifiedName, appProtocol, `${field}.appProtocol`));
  return errors;
}

const goPort = {
  name: '',
  protocol: '',
  appProtocol: null,
  port: 0,
  targetPort: 0,
  nodePort: 0,
} as const;

/** Two ports of a Service differ in number or protocol, and so do its ports on the node. */
function duplicatePorts({ type, ports = [] }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const nodePorts = new Set<string>();
  const numbers = new Set<string>();
  for (const [i, { nodePort, protocol, port }] of ports.entries()) {
    const field = `spec.ports[${i}]`;
    if (nodePort) {
      const socket = `${protocol}/${nodePort}`;
      if (nodePorts.has(socket)) errors.push(duplicate(`${field}.nodePort`, nodePort));
      nodePorts.add(socket);
      if (type === 'ClusterIP') {
        const detail = "may not be used when `type` is 'ClusterIP'";
        errors.push(forbidden(`${field}.nodePort`, detail));
      }
    }
    const socket = `${protocol}/${port}`;
    if (numbers.has(socket)) errors.push(duplicate(field, goStruct({ port, protocol }, goPort)));
    numbers.add(socket);
  }
  return errors;
}

function validateType(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const { type, ports = [] } = spec;
  if (ports.length === 0 && !isHeadless(spec) && type !== 'ExternalName') {
    errors.push(required('spec.ports'));
  }
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec)) {
    const detail = `may not be set to 'None' for ${type} services`;
    errors.push(invalid('spec.clusterIPs[0]', 'None', detail));
  }
  if (type === 'LoadBalancer') {
    const detail = `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`;
    for (const [i, { port }] of ports.entries()) {
      if (port === KUBELET_PORT) errors.push(invalid(`spec.ports[${i}]`, port, detail));
    }
  }
  if (type !== 'ExternalName') return errors;
  for (const name of ['clusterIPs', 'ipFamilies'] as const) {
    if (!spec[name]?.length) continue;
    errors.push(forbidden(`spec.${name}`, 'may not be set for ExternalName services'));
  }
  if (spec.ipFamilyPolicy) {
    errors.push(forbidden('spec.ipFamilyPolicy', 'may not be set for ExternalName services'));
  }
  const target = (spec.externalName ?? '').replace(/\.$/, '');
  if (target === '') return [...errors, required('spec.externalName')];
  return [...errors, ...check(dns1123Subdomain, target, 'spec.externalName')];
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig }: ServiceSpec): FieldError[] {
  const errors = oneOf(sessionAffinity, ['ClientIP', 'None'], { field: 'spec.sessionAffinity' });
  if (sessionAffinity === 'None' && sessionAffinityConfig !== undefined) {
    const detail = 'must not be set when session affinity is None';
    return [forbidden('spec.sessionAffinityConfig', detail)];
  }
  if (sessionAffinity !== 'ClientIP') return errors;
  const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 0;
  if (seconds > 0 && seconds <= MAX_AFFINITY_SECONDS) return errors;
  const detail = `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`;
  return [...errors, invalid(field, seconds, detail)];
}

const LOAD_BALANCER_ONLY = "may only be used when `type` is 'LoadBalancer'";

function validateLoadBalancer(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const isBalanced = spec.type === 'LoadBalancer';
  const { loadBalancerSourceRanges: ranges = [] } = spec;
  // Kubernetes' own path, with a capital letter.
  const at = 'spec.LoadBalancerSourceRanges';
  if (ranges.length > 0 && !isBalanced) errors.push(forbidden(at, LOAD_BALANCER_ONLY));
  for (const [i, range] of ranges.entries()) {
    if (parseCidr(range.trim()) !== undefined) continue;
    const detail = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
    errors.push(invalid(`${at}[${i}]`, range.trim(), detail));
  }
  if (!isBalanced) {
    for (const name of ['allocateLoadBalancerNodePorts', 'loadBalancerClass'] as const) {
      if (spec[name] !== undefined) errors.push(forbidden(`spec.${name}`, LOAD_BALANCER_ONLY));
    }
  } else if (spec.loadBalancerClass !== undefined) {
    errors.push(...check(qualifiedName, spec.loadBalancerClass, 'spec.loadBalancerClass'));
  }
  return errors;
}

const scopes = ['Cluster', 'Local'];

function validateTraffic(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const { externalTrafficPolicy: external, healthCheckNodePort: healthPort } = spec;
  if (needsExternalPolicy(spec)) {
    errors.push(...oneOf(external, scopes, { field: 'spec.externalTrafficPolicy' }));
  } else if (external) {
    const detail = 'may only be set for externally-accessible services';
    errors.push(invalid('spec.externalTrafficPolicy', external, detail));
  }
  if (healthPort && needsHealthCheckPort(spec)) {
    errors.push(...check(portNumber, healthPort, 'spec.healthCheckNodePort'));
  } else if (healthPort) {
    const detail =
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalid('spec.healthCheckNodePort', healthPort, detail));
  }
  const field = 'spec.internalTrafficPolicy';
  const { internalTrafficPolicy: internal } = spec;
  const known = serviceTypes.includes(spec.type ?? '') && spec.type !== 'ExternalName';
  if (internal === undefined && known) errors.push(required(field));
  errors.push(...oneOf(internal, scopes, { field, pointer: true }));
  const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
  const at = { field: 'spec.trafficDistribution', pointer: true, asListed: true };
  return [...errors, ...oneOf(spec.trafficDistribution, distributions, at)];
}

function validateSpec({ spec = {} }: Service): FieldError[] {
  const { ports = [], externalIPs = [] } = spec;
  const names = new Set<string>();
  const needsName = ports.length > 1;
  return [
    ...validateType(spec),
    ...ports.flatMap((port, i) =>
      validatePort(port, { field: `spec.ports[${i}]`, needsName, names }),
    ),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...validateAffinity(spec),
    ...validateClusterIPs(spec),
    ...externalIPs.flatMap((ip, i) => validateValidEndpointIP(ip, `spec.externalIPs[${i}]`)),
    ...oneOf(spec.type, serviceTypes, { field: 'spec.type' }),
    ...duplicatePorts(spec),
    ...validateLoadBalancer(spec),
    ...validateTraffic(spec),
  ];
}

/** Clients know a Service by its address: it does not move. */
function validateUpdate({ spec }: Service, { spec: old }: Service): FieldError[] {
  const errors: FieldError[] = [];
  const changesType = (spec.type === 'ExternalName') !== (old.type === 'ExternalName');
  if (!changesType && old.clusterIP && spec.clusterIP !== old.clusterIP) {
    errors.push(invalid('spec.clusterIPs[0]', spec.clusterIPs ?? [], 'may not change once set'));
  }
  const bothBalanced = spec.type === 'LoadBalancer' && old.type === 'LoadBalancer';
  if (bothBalanced && spec.loadBalancerClass !== old.loadBalancerClass) {
    const { loadBalancerClass } = spec;
    errors.push(invalid('spec.loadBalancerClass', loadBalancerClass, 'may not change once set'));
  }
  const bothChecked = needsHealthCheckPort(spec) && needsHealthCheckPort(old);
  if (bothChecked && spec.healthCheckNodePort !== old.healthCheckNodePort) {
    errors.push(forbidden('spec.healthCheckNodePort', 'field is immutable'));
  }
  return errors;
}

export function validate(object: Service, old?: Service): FieldError[] {
  if (old === undefined) return validateSpec(object);
  return [...validateUpdate(object, old), ...validateSpec(object)];
}
