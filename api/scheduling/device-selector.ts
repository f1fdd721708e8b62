/**
 * CEL expressions that select devices (KEP-4381). What they see is
 * `device`: its driver, and its attributes and capacities by domain and name; a name without a
 * domain is the driver's own.
 */
import { Environment } from '../cel/environment.ts';
import type { Program } from '../cel/program.ts';
import { quantity } from '../cel/libraries/quantities.ts';
import { semver } from '../cel/libraries/semver.ts';
import { BOOL, DYN, mapOf, opaque, STRING } from '../cel/types.ts';
import { BuiltMap, type CelValue, CelError, Struct } from '../cel/values.ts';
import type { Device, DeviceAttribute } from '../types/resource-v1.ts';

/** What one expression may cost for one device, in CEL's units. */
const COST_LIMIT = 1_000_000;
const TYPE_NAME = 'kubernetes.DRADevice';

let environment: Environment | undefined;

export function deviceEnvironment(): Environment {
  const fields = new Map([
    ['driver', { property: 'driver', type: STRING }],
    ['attributes', { property: 'attributes', type: mapOf(STRING, mapOf(STRING, DYN)) }],
    [
      'capacity',
      { property: 'capacity', type: mapOf(STRING, mapOf(STRING, opaque('kubernetes.Quantity'))) },
    ],
  ]);
  const device = { kind: 'object', name: TYPE_NAME, fields: () => fields } as const;
  return (environment ??= new Environment({ device }));
}

const nothing = new BuiltMap();

/** A domain that no attribute has is an empty one: expressions need not ask first. */
class Domains extends BuiltMap {
  override get(key: CelValue): CelValue {
    return super.get(key) ?? nothing;
  }
}

function byDomain<T>(
  driver: string,
  named: Readonly<Record<string, T>> | undefined,
  valueOf: (value: T) => CelValue,
): Domains {
  const domains = new Domains();
  for (const [name, value] of Object.entries(named ?? {})) {
    const slash = name.indexOf('/');
    const domain = slash < 0 ? driver : name.slice(0, slash);
    if (!domains.has(domain)) domains.set(domain, new BuiltMap());
    (domains.get(domain) as BuiltMap).set(name.slice(slash + 1), valueOf(value));
  }
  return domains;
}

function attributeValue({ int, bool, string, version }: DeviceAttribute): CelValue {
  if (int !== undefined) return BigInt(int);
  if (bool !== undefined) return bool;
  if (string !== undefined) return string;
  if (version !== undefined) return semver(version);
  throw new CelError('unsupported attribute value');
}

/** The variable `device` of a run. Throws {@link CelError} for attributes without a value. */
export function deviceValue(driver: string, { attributes, capacity }: Device): CelValue {
  return new Struct(
    TYPE_NAME,
    new Map<string, CelValue>([
      ['driver', driver],
      ['attributes', byDomain(driver, attributes, attributeValue)],
      ['capacity', byDomain(driver, capacity, ({ value }) => quantity(String(value)))],
    ]),
  );
}

/** Compiles each expression once; how many are remembered is bounded. */
export class DeviceSelectors {
  static readonly remembered = 256;
  readonly #programs = new Map<string, Program>();

  /** Throws CelCompileError, {@link CelError}, or CostLimitExceeded. */
  matches(expression: string, device: CelValue): boolean {
    const { value } = this.#program(expression).run({ device }, { cost: COST_LIMIT });
    if (typeof value === 'boolean') return value;
    throw new CelError('CEL result could not be converted to bool');
  }

  #program(expression: string): Program {
    let program = this.#programs.get(expression);
    if (program === undefined) {
      if (this.#programs.size >= DeviceSelectors.remembered) this.#programs.clear();
      program = deviceEnvironment().compile(expression, [BOOL]);
      this.#programs.set(expression, program);
    }
    return program;
  }
}
