/** Kubernetes' library of named formats: format.dns1123Label().validate("…"). */
import {
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  labelValue,
  qualifiedName,
} from '../../validation/names.ts';
import { parseTime } from '../../time.ts';
import { namespaced, type Overload, overload, sizeOf, traversal } from '../overloads.ts';
import { urlFault } from './urls.ts';
import { ArrayList, type CelValue, Opaque, Optional } from '../values.ts';

type Validate = (text: string) => readonly string[];

class NamedFormat extends Opaque {
  readonly typeName = 'kubernetes.NamedFormat';
  readonly name: string;
  readonly validate: Validate;

  constructor(name: string, validate: Validate) {
    super();
    this.name = name;
    this.validate = validate;
  }

  override equals(other: CelValue): boolean {
    return other instanceof NamedFormat && other.name === this.name;
  }
}

/** Of generateName: what is added to it later need not be there yet. */
const prefix =
  (validate: Validate): Validate =>
  (text) =>
    validate(text.length > 1 ? text.replace(/-$/, 'a') : text);

const matching =
  (pattern: RegExp, fault: string): Validate =>
  (text) =>
    pattern.test(text) ? [] : [fault];

const UUID = /^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const formats: Readonly<Record<string, Validate>> = {
  dns1123Label,
  dns1123Subdomain,
  dns1035Label,
  qualifiedName,
  dns1123LabelPrefix: prefix(dns1123Label),
  dns1123SubdomainPrefix: prefix(dns1123Subdomain),
  dns1035LabelPrefix: prefix(dns1035Label),
  labelValue,
  uri: (text) => {
    const fault = urlFault(text);
    return fault === undefined ? [] : [fault];
  },
  uuid: matching(UUID, 'does not match the UUID format'),
  byte: matching(BASE64, 'invalid base64'),
  date: (text) =>
    /^\d{4}-\d\d-\d\d$/.test(text) && parseTime(`${text}T00:00:00Z`) !== undefined
      ? []
      : ['invalid date'],
  datetime: (text) => (parseTime(text) === undefined ? ['invalid datetime'] : []),
};

/** How long the expressions are by which Kubernetes prices them. */
const patternSizes: Readonly<Record<string, number>> = {
  dns1123Label: 30,
  dns1123Subdomain: 60,
  dns1035Label: 30,
  qualifiedName: 60,
  dns1123LabelPrefix: 30,
  dns1123SubdomainPrefix: 60,
  dns1035LabelPrefix: 30,
  labelValue: 40,
  uri: 1103,
  uuid: 69,
  byte: 84,
  date: 70,
  datetime: 70,
};
const LONGEST_PATTERN = 128;

function named(name: string): Optional {
  const validate = Object.hasOwn(formats, name) ? formats[name] : undefined;
  return validate === undefined ? Optional.none : Optional.of(new NamedFormat(name, validate));
}

export const formatLibrary: readonly Overload[] = [
  namespaced('format', 'named(string): optional(Format)', named),
  ...Object.entries(formats).map(([name, validate]) =>
    namespaced('format', `${name}(): Format`, () => new NamedFormat(name, validate)),
  ),
  overload(
    'Format.validate(string): optional(list(string))',
    ({ validate }: NamedFormat, text: string) => {
      const faults = validate(text);
      return faults.length === 0 ? Optional.none : Optional.of(new ArrayList(faults));
    },
    {
      price: ([format, text]) => {
        const states = Math.ceil(patternSizes[(format as NamedFormat).name]! * 0.25);
        return traversal(1 + sizeOf(text!)) * states;
      },
      estimate: ([, text]) => traversal(text!.max) * LONGEST_PATTERN * 0.25,
    },
  ),
];
