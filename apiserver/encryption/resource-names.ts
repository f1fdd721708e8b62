/** What an encryption configuration may name: resources, or all of a group, or all. */
import { type FieldError, invalid } from '../../api/field-errors.ts';

export interface GroupResource {
  readonly group: string;
  /** "*": every one. */
  readonly resource: string;
}

/** "secrets", "deployments.apps", "*.", "*.*". */
export function parseGroupResource(text: string): GroupResource {
  const dot = text.indexOf('.');
  if (dot < 0) return { group: '', resource: text };
  return { group: text.slice(dot + 1), resource: text.slice(0, dot) };
}

/** As a configuration has it. */
export const groupResourceText = ({ group, resource }: GroupResource): string =>
  group === '' && resource !== '*' ? resource : `${resource}.${group}`;

const WITHOUT_API = ['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations'];

function wrongName(name: string): string | undefined {
  if (name.toLowerCase() !== name) return 'resource name should not contain capital letters';
  if (name === '*')
    return (
      "use '*.' to encrypt all the resources from core API group or *.* to encrypt " +
      'all resources'
    );
  if (WITHOUT_API.includes(name))
    return 'resources which do not have REST API/s cannot be encrypted';
  const { group, resource } = parseGroupResource(name);
  if (group === 'events.k8s.io')
    return (
      "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. " +
      "Use 'events' instead in the config file"
    );
  if (group === 'extensions')
    return "'extensions' group has been removed and cannot be used for encryption";
  if (group === '*' && resource !== '*')
    return 'encrypting the same resource across groups is not supported';
  return undefined;
}

/** Of one list: names that mean nothing, or the same resources twice. */
export function resourceErrors(names: readonly string[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  const keys = names.map((name) => groupResourceText(parseGroupResource(name)));
  if (new Set(keys).size < keys.length)
    errors.push(invalid(field, names, 'the same resource cannot be specified multiple times'));
  if (overlapping([...new Set(keys)]))
    errors.push(
      invalid(
        field,
        names,
        "using overlapping resources such as 'secrets' and '*.' in the same resource list is not " +
          'allowed as they will be masked',
      ),
    );
  names.forEach((name, i) => {
    const why = wrongName(name);
    if (why !== undefined) errors.push(invalid(`${field}[${i}]`, name, why));
  });
  return errors;
}

function overlapping(keys: readonly string[]): boolean {
  if (keys.length < 2) return false;
  if (keys.includes('*.*')) return true;
  const named = keys.map(parseGroupResource);
  const whole = new Set(named.filter(({ resource }) => resource === '*').map(({ group }) => group));
  return named.some(({ group, resource }) => resource !== '*' && whole.has(group));
}

/** Of all lists, in their order: what never comes into force, because an earlier one has it all. */
export function maskedResource(names: readonly string[]): string | undefined {
  const earlier = new Set<string>();
  for (const resource of names.map(parseGroupResource)) {
    const wide = [`*.${resource.group}`, '*.*'].find((each) => earlier.has(each));
    const text = groupResourceText(resource);
    if (wide !== undefined) return `resource "${text}" is masked by earlier rule "${wide}"`;
    earlier.add(text);
  }
  return undefined;
}
