/** `vars`: $(NAME) in fields that are configured stands for the value of a field elsewhere. */
import { isObject } from '../../api/deep.ts';
import { UsageError } from '../usage-error.ts';
import { editFields, type FieldSpec } from './field-specs.ts';
import { setAt, type Spot, valueAt } from './spot.ts';
import { fieldAt } from './replacements.ts';
import { kindText, sameKind } from './kinds.ts';
import { allIds, placeOf, type Resource } from './resource.ts';

export interface Variable {
  readonly name: string;
  readonly objref: {
    readonly apiVersion?: string;
    readonly group?: string;
    readonly version?: string;
    readonly kind?: string;
    readonly name: string;
    readonly namespace?: string;
  };
  readonly fieldref?: { readonly fieldPath?: string; readonly fieldpath?: string };
}

/** Adds variables to those of bases, and marks the objects that they are about. */
export function addVariables(
  known: Map<string, Variable>,
  variables: readonly Variable[],
  all: readonly Resource[],
): void {
  for (const variable of variables) {
    const found = all.filter((resource) => isMeant(variable, resource));
    if (found.length > 1) {
      throw new UsageError(
        `found ${found.length} resId matches for var ${shown(variable)} (unable to disambiguate)`,
      );
    }
    found[0]?.variables.push(variable.name);
    addVariable(known, variable);
  }
}

export function addVariable(known: Map<string, Variable>, variable: Variable): void {
  if (known.has(variable.name)) {
    throw new UsageError(`var '${variable.name}' already encountered`);
  }
  known.set(variable.name, variable);
}

function kindIn({ objref }: Variable): { group: string; version: string; kind: string } {
  const { apiVersion, group = '', version = '', kind = '' } = objref;
  if (apiVersion === undefined) return { group, version, kind };
  const parts = apiVersion.split('/').reverse();
  return { group: parts[1] ?? group, version: parts[0]!, kind };
}

function isMeant(variable: Variable, resource: Resource): boolean {
  const kind = kindIn(variable);
  const { name, namespace } = variable.objref;
  return allIds(resource).some(
    (id) =>
      id.name === name &&
      sameKind(id, kind) &&
      (!namespace || placeOf(kind, namespace) === id.namespace),
  );
}

const pathOf = ({ fieldref }: Variable): string =>
  fieldref?.fieldPath || fieldref?.fieldpath || 'metadata.name';

/** As kustomize shows a variable. */
const shown = (variable: Variable): string =>
  `{${variable.name} ${kindText(kindIn(variable))} {${pathOf(variable)}}}`;

type Value = string | number | boolean;

/** Puts values where variables stand. Gives the names of those that stand nowhere. */
export function resolveVariables(
  all: readonly Resource[],
  variables: ReadonlyMap<string, Variable>,
  specs: readonly FieldSpec[],
): readonly string[] {
  const names = [...variables.keys()].sort();
  const values = new Map(names.map((name) => [name, valueOf(variables.get(name)!, all)]));
  const used = new Set<string>();
  const lookUp = (name: string): Value | undefined => {
    const value = values.get(name);
    const isScalar = ['string', 'number', 'boolean'].includes(typeof value);
    if (!isScalar) return undefined;
    used.add(name);
    return value as Value;
  };
  if (names.length === 0) return [];
  for (const { object } of all) {
    for (const spec of specs) editFields(object, spec, { set: (spot) => expandAt(spot, lookUp) });
  }
  return names.filter((name) => !used.has(name));
}

function valueOf(variable: Variable, all: readonly Resource[]): unknown {
  const resource = all.find(({ variables }) => variables.includes(variable.name));
  if (resource === undefined) {
    throw new UsageError(
      `var '${shown(variable)}' cannot be mapped to a field in the set of known resources`,
    );
  }
  const value = fieldAt(resource.object, pathOf(variable));
  if (value === undefined) {
    throw new UsageError(
      `field specified in var '${shown(variable)}' not found in corresponding resource`,
    );
  }
  return value;
}

type LookUp = (name: string) => Value | undefined;

/** A text, or the texts of a list or map. */
function expandAt(spot: Spot, lookUp: LookUp): void {
  const value = valueAt(spot);
  if (typeof value === 'string') setAt(spot, expanded(value, lookUp));
  else if (Array.isArray(value)) {
    value.forEach((item, key) => {
      if (typeof item !== 'string') throw new UsageError('invalid value type expect a string');
      value[key] = expanded(item, lookUp);
    });
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (typeof item === 'string') value[key] = expanded(item, lookUp);
    }
  }
}

/** "$(A)" alone keeps the type of its value; "$$" is a dollar. */
function expanded(text: string, lookUp: LookUp): Value {
  const alone = /^\$\(([^)]*)\)$/.exec(text);
  if (alone !== null) return lookUp(alone[1]!) ?? text;
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (whole, name?: string) =>
    name === undefined ? '$' : String(lookUp(name) ?? whole),
  );
}
