import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../../../../api/types/networking-v1.ts';
import { portName, portNumber } from '../../../../api/validation/formats.ts';
import { validateLabelSelector } from '../../../../api/validation/labels.ts';
import { type Cidr, parseCidr, sizeOf } from '../../../../api/cidr.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { age, ageColumn, column, formatSelector, nameColumn } from '../cells.ts';
import { check } from '../checks.ts';
import { oddRange } from '../../../../api/validation/odd-addresses.ts';

const protocols = ['TCP', 'UDP', 'SCTP'];
const policyTypes = ['Ingress', 'Egress'];
const MUST_BE_CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

function applyDefaults(policy: Mutable<NetworkPolicy>): void {
  const spec = (policy.spec ??= {});
  spec.podSelector ??= {};
  const { ingress = [], egress = [] } = spec;
  for (const { ports = [] } of [...ingress, ...egress]) {
    for (const port of ports) port.protocol ??= 'TCP';
  }
  if ((spec.policyTypes ?? []).length > 0) return;
  spec.policyTypes = egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, field: string) {
  const errors: FieldError[] = [];
  if (protocol !== undefined && !protocols.includes(protocol)) {
    errors.push(notSupported(`${field}.protocol`, protocol, protocols));
  }
  const end = `${field}.endPort`;
  if (typeof port === 'number') {
    errors.push(...check(portNumber, port, `${field}.port`));
    if (endPort === undefined) return errors;
    if (endPort < port) errors.push(invalid(end, port, 'must be greater than or equal to `port`'));
    return [...errors, ...check(portNumber, endPort, end)];
  }
  if (endPort !== undefined) {
    const why = port === undefined ? 'is not specified' : 'is non-numeric';
    errors.push(invalid(end, endPort, `may not be specified when \`port\` ${why}`));
  }
  return port === undefined ? errors : [...errors, ...check(portName, port, `${field}.port`)];
}

function validateExcept(text: string, block: Cidr, field: string): FieldError[] {
  const except = parseCidr(text);
  if (except === undefined) return [invalid(field, text, MUST_BE_CIDR)];
  const inside =
    except.family === block.family &&
    except.address >= block.base &&
    except.address < block.base + sizeOf(block);
  const strict = inside && except.prefixLength > block.prefixLength;
  return strict ? [] : [invalid(field, text, 'must be a strict subset of `cidr`')];
}

function validateBlock({ cidr, except = [] }: IPBlock, field: string): FieldError[] {
  if (!cidr) return [required(`${field}.cidr`)];
  const block = parseCidr(cidr);
  if (block === undefined) return [invalid(`${field}.cidr`, cidr, MUST_BE_CIDR)];
  return except.flatMap((text, i) => validateExcept(text, block, `${field}.except[${i}]`));
}

function validatePeer(peer: NetworkPolicyPeer, field: string): FieldError[] {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  const errors = [
    ...validateLabelSelector(podSelector, `${field}.podSelector`),
    ...validateLabelSelector(namespaceSelector, `${field}.namespaceSelector`),
    ...(ipBlock === undefined ? [] : validateBlock(ipBlock, `${field}.ipBlock`)),
  ];
  const others = podSelector !== undefined || namespaceSelector !== undefined;
  if (!others && ipBlock === undefined) errors.push(required(field, 'must specify a peer'));
  if (others && ipBlock !== undefined) {
    errors.push(forbidden(field, 'may not specify both ipBlock and another peer'));
  }
  return errors;
}

interface Rule {
  readonly ports: readonly NetworkPolicyPort[];
  readonly peers: readonly NetworkPolicyPeer[];
}

function validateRule(rule: Rule, peersField: string, field: string): FieldError[] {
  return [
    ...rule.ports.flatMap((port, i) => validatePort(port, `${field}.ports[${i}]`)),
    ...rule.peers.flatMap((peer, i) => validatePeer(peer, `${field}.${peersField}[${i}]`)),
  ];
}

function validate({ spec }: NetworkPolicy): FieldError[] {
  const { ingress = [], egress = [], policyTypes: types = [] } = spec ?? {};
  const errors = [
    ...validateLabelSelector(spec?.podSelector, 'spec.podSelector'),
    ...ingress.flatMap(({ ports = [], from: peers = [] }, i) =>
      validateRule({ ports, peers }, 'from', `spec.ingress[${i}]`),
    ),
    ...egress.flatMap(({ ports = [], to: peers = [] }, i) =>
      validateRule({ ports, peers }, 'to', `spec.egress[${i}]`),
    ),
  ];
  const field = 'spec.policyTypes';
  if (types.length > policyTypes.length) {
    const detail = 'may not specify more than two policyTypes';
    return [...errors, invalid(field, types, detail)];
  }
  for (const [i, type] of types.entries()) {
    if (policyTypes.includes(type)) continue;
    errors.push(notSupported(`${field}[${i}]`, type, policyTypes));
  }
  return errors;
}

function oddPeers(peers: readonly NetworkPolicyPeer[] = [], field: string): string[] {
  return peers.flatMap(({ ipBlock }, i) => {
    const at = `${field}[${i}].ipBlock`;
    const except = ipBlock?.except ?? [];
    return [
      ...oddRange(ipBlock?.cidr ?? '', `${at}.cidr`),
      ...except.flatMap((range, j) => oddRange(range, `${at}.except[${j}]`)),
    ];
  });
}

export const networkPolicy = {
  type: {
    group: 'networking.k8s.io',
    version: 'v1',
    resource: 'networkpolicies',
    kind: 'NetworkPolicy',
    namespaced: true,
  },
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  hasGeneration: true,
  applyDefaults,
  validate,
  warnings: ({ spec = {} }) => [
    ...(spec.ingress ?? []).flatMap(({ from }, i) => oddPeers(from, `spec.ingress[${i}].from`)),
    ...(spec.egress ?? []).flatMap(({ to }, i) => oddPeers(to, `spec.egress[${i}].to`)),
  ],
  printer: {
    columns: [nameColumn, column('Pod-Selector'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      formatSelector(object.spec?.podSelector),
      age(object, nowMs),
    ],
  },
} satisfies ResourceDeclaration<NetworkPolicy>;
