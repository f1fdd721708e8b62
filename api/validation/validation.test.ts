import { describe, expect, it } from 'vitest';
import { configMapKey, envVarName, percent, portName, portNumber, validateIP } from './formats.ts';
import { isIP, parseIPv4, parseIPv6 } from '../../platform/net/ip.ts';
import { validateAnnotations, validateLabels, validateLabelSelector } from './labels.ts';
import {
  checkNamePrefix,
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  labelValue,
  pathSegment,
  qualifiedName,
  wildcardDns1123Subdomain,
} from './names.ts';

const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', " +
  'and must start and end with an alphanumeric character ' +
  "(e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const qualifiedText =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " +
  "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for " +
  "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

describe('names', () => {
  it.each(['a', 'a.b', 'web-1', '1', 'a'.repeat(253)])('subdomain accepts %s', (name) => {
    expect(dns1123Subdomain(name)).toEqual([]);
  });
  it.each(['', 'Bad_Name', '-a', 'a-', 'a..b', '.a', 'a\n', 'ä'])(
    'subdomain refuses %j in Kubernetes words',
    (name) => {
      expect(dns1123Subdomain(name)).toEqual([subdomainText]);
    },
  );
  it('counts length and content as two faults', () => {
    expect(dns1123Subdomain('A'.repeat(254))).toEqual([
      'must be no more than 253 characters',
      subdomainText,
    ]);
    expect(dns1123Label('a'.repeat(64))).toEqual(['must be no more than 63 characters']);
  });
  it('says that a label must not contain dots only when that is the fault', () => {
    expect(dns1123Label('a.b')).toEqual(['must not contain dots']);
    expect(dns1123Label('A.b')).toEqual([
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and " +
        "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', " +
        "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ]);
  });
  it('wants a letter first in a DNS-1035 label', () => {
    expect(dns1035Label('a1')).toEqual([]);
    expect(dns1035Label('1a')).toEqual([
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an " +
        "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or " +
        "'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ]);
  });
  it('takes qualified names apart', () => {
    expect(qualifiedName('app')).toEqual([]);
    expect(qualifiedName('example.com/App_1.x')).toEqual([]);
    expect(qualifiedName('/x')).toEqual(['prefix part must be non-empty']);
    expect(qualifiedName('A/x')).toEqual([`prefix part ${subdomainText}`]);
    expect(qualifiedName('a/')).toEqual([
      'name part must be non-empty',
      `name part ${qualifiedText}`,
    ]);
    expect(qualifiedName('a/b/c')).toEqual([
      `a qualified name ${qualifiedText} with an optional DNS subdomain prefix and '/' ` +
        "(e.g. 'example.com/MyName')",
    ]);
    expect(qualifiedName('x'.repeat(64))).toEqual(['name part must be no more than 63 characters']);
  });
  it('checks label values, wildcards and path segments', () => {
    expect(labelValue('')).toEqual([]);
    expect(labelValue('a b')[0]).toMatch(/^a valid label must be an empty string or consist of/);
    expect(wildcardDns1123Subdomain('*.a.b')).toEqual([]);
    expect(wildcardDns1123Subdomain('*.*.b')).toHaveLength(1);
    expect(pathSegment('system:node')).toEqual([]);
    expect(pathSegment('..')).toEqual(["may not be '..'"]);
    expect(pathSegment('a/b%')).toEqual(["may not contain '/'", "may not contain '%'"]);
  });
  it('lets a name prefix end in a dash', () => {
    expect(checkNamePrefix('subdomain', 'web-')).toEqual([]);
    expect(checkNamePrefix('subdomain', 'Web-')).toEqual([subdomainText]);
    expect(checkNamePrefix('subdomain', '-')).toEqual([subdomainText]);
  });
});

describe('formats', () => {
  it('checks ports', () => {
    expect(portNumber(80)).toEqual([]);
    expect(portNumber(0)).toEqual(['must be between 1 and 65535, inclusive']);
    expect(portName('http-1')).toEqual([]);
    expect(portName('-A--1234567890123')).toEqual([
      'must be no more than 15 characters',
      'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      'must contain at least one letter (a-z)',
      'must not contain consecutive hyphens',
      'must not begin or end with a hyphen',
    ]);
  });
  it('checks keys, percents and variables', () => {
    expect(configMapKey('a.b_C-1')).toEqual([]);
    expect(configMapKey('..')).toEqual(["must not be '..'"]);
    expect(configMapKey('..a')).toEqual(["must not start with '..'"]);
    expect(configMapKey('a/b')).toHaveLength(1);
    expect(percent('25%')).toEqual([]);
    expect(percent('25')).toHaveLength(1);
    expect(envVarName('my var;1')).toEqual([]);
    expect(envVarName('a=b')).toHaveLength(1);
    expect(envVarName('')).toEqual(['environment variable name must be non-empty']);
  });
  it('reads IP addresses', () => {
    expect(parseIPv4('10.0.255.1')).toEqual([10, 0, 255, 1]);
    expect(parseIPv4('10.0.256.1')).toBeUndefined();
    expect(parseIPv4('010.0.0.1')).toBeUndefined();
    expect(parseIPv6('2001:db8::ffff')).toEqual([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0xffff]);
    expect(parseIPv6('::ffff:10.0.0.1')).toEqual([0, 0, 0, 0, 0, 0xffff, 0x0a00, 1]);
    for (const ok of ['::', '::1', '1::', '1:2:3:4:5:6:7:8']) expect(isIP(ok), ok).toBe(true);
    const bad = ['', ':', ':::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', 'fe80::1%eth0'];
    for (const text of [...bad, '10.0.0.1::', ':1', '1:2:3:4:5:6:7::8', '12345::', '1.2.3']) {
      expect(isIP(text), text).toBe(false);
    }
    expect(validateIP('x', 'f')[0]!.message).toBe(
      'Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    );
  });
});

describe('labels', () => {
  it('reports key and value under the same field', () => {
    const errors = validateLabels({ 'bad key': 'ok', good: 'bad value' }, 'metadata.labels');
    expect(errors.map((e) => [e.field, e.message.slice(0, 28)])).toEqual([
      ['metadata.labels', 'Invalid value: "bad key": na'],
      ['metadata.labels', 'Invalid value: "bad value": '],
    ]);
  });
  it('lets annotation keys have upper case prefixes and bounds their total', () => {
    expect(validateAnnotations({ 'Example.com/X': 'y' }, 'a')).toEqual([]);
    expect(validateLabels({ 'Example.com/X': 'y' }, 'l')).toHaveLength(1);
    expect(validateAnnotations({ x: 'y'.repeat(262_143) }, 'a')).toEqual([]);
    expect(validateAnnotations({ x: 'y'.repeat(262_144) }, 'a').map((e) => e.message)).toEqual([
      'Too long: may not be more than 262144 bytes',
    ]);
  });
  it('checks selectors', () => {
    const matchExpressions = [
      { key: 'a', operator: 'In' },
      { key: 'a', operator: 'Exists', values: ['x'] },
      { key: 'a b', operator: 'Is', values: ['-'] },
    ];
    const errors = validateLabelSelector({ matchLabels: { a: '!' }, matchExpressions }, 's');
    expect(errors.map((e) => `${e.field}: ${e.message}`.slice(0, 70))).toEqual([
      's.matchLabels: Invalid value: "!": a valid label must be an empty stri',
      's.matchExpressions[0].values: Required value: must be specified when `',
      's.matchExpressions[1].values: Forbidden: may not be specified when `op',
      's.matchExpressions[2].operator: Invalid value: "Is": not a valid selec',
      's.matchExpressions[2].key: Invalid value: "a b": name part must consis',
      's.matchExpressions[2].values[0]: Invalid value: "-": a valid label mus',
    ]);
    expect(validateLabelSelector(undefined, 's')).toEqual([]);
  });
});
