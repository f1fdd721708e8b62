/**
 * The rules for names, as predicates that answer with Kubernetes' own explanations: an empty list
 * means valid. Lengths count UTF-8 bytes, as Go's `len` does.
 */
export type NameRule = 'subdomain' | 'label' | 'label1035' | 'pathSegment';

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${LABEL}(\\.${LABEL})*`;
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED_PART = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

/** A rule given by a pattern, with the sentence and examples Kubernetes explains it with. */
interface PatternRule {
  readonly says: string;
  readonly pattern: string;
  readonly examples: readonly string[];
  readonly regexp: RegExp;
}

function patternRule(says: string, pattern: string, examples: readonly string[]): PatternRule {
  return { says, pattern, examples, regexp: new RegExp(`^(?:${pattern})$`) };
}

/** The doubled blank before "or" is Kubernetes' own. */
function explain({ says, pattern, examples }: PatternRule): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return `${says} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

function matches(rule: PatternRule, value: string): string[] {
  return rule.regexp.test(value) ? [] : [explain(rule)];
}

export function tooLongMessage(maxLength: number): string {
  return `must be no more than ${maxLength} characters`;
}

export function byteLength(value: string): number {
  return Buffer.byteLength(value);
}

function atMost(maxLength: number, value: string): string[] {
  return byteLength(value) > maxLength ? [tooLongMessage(maxLength)] : [];
}

const ALPHANUMERIC_ENDS = 'must start and end with an alphanumeric character';

const labelRule = patternRule(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and " +
    ALPHANUMERIC_ENDS,
  LABEL,
  ['my-name', '123-abc'],
);
const subdomainRule = patternRule(
  'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, ' +
    `'-' or '.', and ${ALPHANUMERIC_ENDS}`,
  subdomain,
  ['example.com'],
);
const UNDERSCORED = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const searchRule = patternRule(
  'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, ' +
    `'_', '-' or '.', and ${ALPHANUMERIC_ENDS}`,
  `${UNDERSCORED}(\\.${UNDERSCORED})*`,
  ['example.com'],
);
const label1035Rule = patternRule(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', " +
    'start with an alphabetic character, and end with an alphanumeric character',
  LABEL_1035,
  ['my-name', 'abc-123'],
);
const wildcardRule = patternRule(
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, " +
    "which must consist of lower case alphanumeric characters, '-' or '.' " +
    'and end with an alphanumeric character',
  `\\*\\.${subdomain}`,
  ['*.example.com'],
);
const qualifiedPartRule = patternRule(
  `must consist of alphanumeric characters, '-', '_' or '.', and ${ALPHANUMERIC_ENDS}`,
  QUALIFIED_PART,
  ['MyName', 'my.name', '123-abc'],
);
const labelValueRule = patternRule(
  'a valid label must be an empty string or consist of alphanumeric characters, ' +
    `'-', '_' or '.', and ${ALPHANUMERIC_ENDS}`,
  `(${QUALIFIED_PART})?`,
  ['MyValue', 'my_value', '12345'],
);

/** A label as RFC 1123 has it: most names that become one part of a DNS name. */
export function dns1123Label(value: string): string[] {
  const errors = atMost(63, value);
  if (labelRule.regexp.test(value)) return errors;
  const dotted = subdomainRule.regexp.test(value);
  return [...errors, dotted ? 'must not contain dots' : explain(labelRule)];
}

/** Dot-separated labels, at most 253 bytes: the names of most objects. */
export function dns1123Subdomain(value: string): string[] {
  return [...atMost(253, value), ...matches(subdomainRule, value)];
}

/** Where resolvers look: names of hosts, and of services below them (RFC 2782). */
export function dnsSearchPath(value: string): string[] {
  return [...atMost(253, value), ...matches(searchRule, value)];
}

/** A label that starts with a letter: names of Services. */
export function dns1035Label(value: string): string[] {
  return [...atMost(63, value), ...matches(label1035Rule, value)];
}

/** "*.example.com". */
export function wildcardDns1123Subdomain(value: string): string[] {
  return [...atMost(253, value), ...matches(wildcardRule, value)];
}

/** "name" or "example.com/name": label and annotation keys, finalizers, condition types. */
export function qualifiedName(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2) {
    const hint = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
    return [`a qualified name ${explain(qualifiedPartRule)}${hint}`];
  }
  const errors: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0]!;
    if (prefix === '') errors.push('prefix part must be non-empty');
    else errors.push(...dns1123Subdomain(prefix).map((message) => `prefix part ${message}`));
  }
  const name = parts[parts.length - 1]!;
  const length = name === '' ? ['must be non-empty'] : atMost(63, name);
  errors.push(...[...length, ...matches(qualifiedPartRule, name)].map((m) => `name part ${m}`));
  return errors;
}

export function labelValue(value: string): string[] {
  return [...atMost(63, value), ...matches(labelValueRule, value)];
}

/** Any name that can stand as one segment of a URL's path: RBAC objects. */
export function pathSegment(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%']
    .filter((char) => value.includes(char))
    .map((char) => `may not contain '${char}'`);
}

const rules: Readonly<Record<NameRule, (value: string) => string[]>> = {
  subdomain: dns1123Subdomain,
  label: dns1123Label,
  label1035: dns1035Label,
  pathSegment,
};

export function checkName(rule: NameRule, value: string): string[] {
  return rules[rule](value);
}

/** A generateName is the prefix of a name, so it may end in the "-" that a name may not. */
export function checkNamePrefix(rule: NameRule, prefix: string): string[] {
  const masked =
    rule !== 'pathSegment' && prefix.length > 1 && prefix.endsWith('-')
      ? `${prefix.slice(0, -2)}a`
      : prefix;
  return checkName(rule, masked);
}
