/** --audit-policy-file: checked as Kubernetes checks it, with its texts. */
import { type FieldError, invalid, notSupported, required } from '../../api/field-errors.ts';
import { dns1123Subdomain } from '../../api/validation/names.ts';
import { parseYaml } from '../../api/yaml.ts';
import { isObject } from '../../api/deep.ts';
import { type AuditPolicy, levels, type Rule, stages } from '../pipeline/audit/policy.ts';
import {
  configDocument,
  ConfigurationError,
  type Fields,
  refuseErrors,
  type Shape,
  shapedLoosely,
} from './config-document.ts';

const TEXT = 'string';
const TEXTS = [TEXT] as const;
const OMITTED = { omitStages: TEXTS, omitManagedFields: 'boolean' } as const;
const SHAPE: Shape = {
  apiVersion: TEXT,
  kind: TEXT,
  metadata: 'any',
  ...OMITTED,
  rules: [
    {
      level: TEXT,
      users: TEXTS,
      userGroups: TEXTS,
      verbs: TEXTS,
      namespaces: TEXTS,
      resources: [{ group: TEXT, resources: TEXTS, resourceNames: TEXTS }],
      nonResourceURLs: TEXTS,
      ...OMITTED,
    },
  ],
};

const FORMS = { 'audit.k8s.io/v1': 'Policy' };

/** Throws `ConfigurationError`. What it says and nobody knows is passed over, and told. */
export function parseAuditPolicy(text: string): AuditPolicy {
  const { value, unknown } = shapedLoosely(policyDocument(text), SHAPE);
  const { rules = [], ...rest } = value as Partial<AuditPolicy>;
  refuseErrors([
    ...validateStages(rest.omitStages, 'omitStages'),
    ...rules.flatMap((rule, i) => validateRule(rule, `rules[${i}]`)),
  ]);
  if (rules.length === 0) throw new ConfigurationError('loaded illegal policy with 0 rules');
  return { ...rest, rules, ...(unknown === undefined ? {} : { unknown }) };
}

/** It may leave out its kind, but not its version. */
function policyDocument(text: string): Fields {
  const document = parseYaml(text) ?? {};
  if (!isObject(document)) throw new ConfigurationError('the text holds no object');
  const { apiVersion, kind = 'Policy' } = document as Fields;
  if (!apiVersion)
    throw new ConfigurationError(
      `unknown group version field audit.k8s.io/__internal, Kind=${String(kind)} in policy`,
    );
  return configDocument(JSON.stringify({ ...document, kind }), FORMS);
}

function validateRule(rule: Partial<Rule>, field: string): FieldError[] {
  const { level, nonResourceURLs: urls = [], resources = [], namespaces = [] } = rule;
  const errors: FieldError[] = [];
  if (!level) errors.push(required(`${field}.level`));
  else if (!levels.includes(level)) errors.push(notSupported(`${field}.level`, level, levels));
  urls.forEach((url, i) => errors.push(...validateUrl(url, `${field}.nonResourceURLs[${i}]`)));
  for (const { group = '', resources: some = [], resourceNames: names = [] } of resources) {
    const wrong = group === '' ? [] : dns1123Subdomain(group);
    if (wrong.length > 0) errors.push(invalid(`${field}.resources.group`, group, wrong.join(',')));
    if (names.length > 0 && some.length === 0)
      errors.push(
        invalid(
          `${field}.resources.resourceNames`,
          names,
          'using resourceNames requires at least one resource',
        ),
      );
  }
  errors.push(...validateStages(rule.omitStages, `${field}.omitStages`));
  if (urls.length > 0 && resources.length + namespaces.length > 0)
    errors.push(
      invalid(
        `${field}.nonResourceURLs`,
        urls,
        'rules cannot apply to both regular resources and non-resource URLs',
      ),
    );
  return errors;
}

function validateUrl(url: string, field: string): FieldError[] {
  if (url === '*') return [];
  const errors: FieldError[] = [];
  if (!url.startsWith('/'))
    errors.push(invalid(field, url, "non-resource URL rules must begin with a '/' character"));
  if (url.slice(0, -1).includes('*'))
    errors.push(
      invalid(field, url, "non-resource URL wildcards '*' must be the final character of the rule"),
    );
  return errors;
}

function validateStages(omitted: readonly string[] | undefined, field: string): FieldError[] {
  const known: readonly string[] = stages;
  return (omitted ?? []).flatMap((stage, i) =>
    known.includes(stage)
      ? []
      : [invalid(`${field}[${i}]`, stage, `allowed stages are ${stages.join(',')}`)],
  );
}
