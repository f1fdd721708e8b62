import { describe, expect, test } from 'vitest';
import { deepCopy } from '../../../../api/deep.ts';
import type { Mutable } from '../../../../api/meta.ts';
import type { Service } from '../../../../api/types/core-v1.ts';
import type { IPFamily } from '../../../../api/cidr.ts';
import { initFamilies } from './families.ts';

type Spec = Record<string, unknown>;
const service = (spec: Spec): Mutable<Service> =>
  ({ metadata: { name: 's' }, spec: { type: 'ClusterIP', ...spec } }) as Mutable<Service>;

function families(spec: Spec, cluster: readonly IPFamily[], old?: Spec): unknown {
  const object = service(deepCopy(spec));
  try {
    initFamilies(object, old && service(old), cluster);
  } catch (error) {
    return (error as Error).message.replace('Service "s" is invalid: ', '');
  }
  const { ipFamilyPolicy, ipFamilies } = object.spec;
  return [ipFamilyPolicy, ...(ipFamilies ?? [])].join(' ');
}

const two = ['IPv4', 'IPv6'] as const;
const ips = (...clusterIPs: string[]): Spec => ({ clusterIP: clusterIPs[0], clusterIPs });

describe('a cluster of one family', () => {
  test.each([
    [{}, 'SingleStack IPv4'],
    [{ ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack IPv4'],
    [{ ...ips('None'), selector: { a: 'b' } }, 'SingleStack IPv4'],
    [ips('None'), 'RequireDualStack IPv4 IPv6'],
    [{ ...ips('None'), ipFamilies: ['IPv6'] }, 'RequireDualStack IPv6 IPv4'],
    [{ type: 'ExternalName' }, ''],
    [
      { ipFamilyPolicy: 'RequireDualStack' },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [
      { ipFamilies: ['IPv6'] },
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    ],
    [
      ips('fd00::1'),
      'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster',
    ],
    [
      ips('no'),
      'spec.clusterIPs[0]: Invalid value: "no": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
  ])('%j', (spec, expected) => {
    expect(families(spec, ['IPv4'])).toBe(expected);
  });
});

describe('a cluster of two', () => {
  test.each([
    [{}, 'SingleStack IPv4'],
    [{ ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack IPv4 IPv6'],
    [{ ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6'] }, 'RequireDualStack IPv6 IPv4'],
    [ips('fd00::1'), 'SingleStack IPv6'],
    [
      { ipFamilies: ['IPv4', 'IPv6'] },
      "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
    ],
  ])('%j', (spec, expected) => {
    expect(families(spec, two)).toBe(expected);
  });
});

describe('changes', () => {
  const both = { ...ips('10.0.0.1', 'fd00::1'), ipFamilies: [...two] };
  const required = { ...both, ipFamilyPolicy: 'RequireDualStack' };
  const preferred = { ...both, ipFamilyPolicy: 'PreferDualStack' };
  test.each<[string, Spec, Spec, readonly IPFamily[], string]>([
    ['to one', required, { ...both, ipFamilyPolicy: 'SingleStack' }, two, 'SingleStack IPv4'],
    ['what was preferred stays', preferred, preferred, ['IPv4'], 'PreferDualStack IPv4 IPv6'],
    ['unsaid policy', required, both, two, 'RequireDualStack IPv4 IPv6'],
    [
      'an address taken away',
      required,
      { ...required, ...ips('10.0.0.1') },
      two,
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be \'SingleStack\' to release the secondary cluster IP',
    ],
  ])('%s', (...[, old, spec, cluster, expected]) => {
    expect(families(spec, cluster, old)).toBe(expected);
  });
});
