import type { DeviceAttribute } from '../../../api/types/resource-v1.ts';
import { jsonText } from '../../../platform/json-text.ts';
import type { PooledDevice } from './pools.ts';
import type { Want } from './wants.ts';

/** All devices of some requests of a claim have one value of an attribute. */
export class MatchAttribute {
  readonly #attribute: string;
  /** Empty: of all requests. */
  readonly #requests: ReadonlySet<string>;
  #value: string | undefined;
  #count = 0;

  constructor(attribute: string, requests: readonly string[] = []) {
    this.#attribute = attribute;
    this.#requests = new Set(requests);
  }

  /** False: the device does not go with those added before. */
  add(want: Want, device: PooledDevice): boolean {
    if (!this.#concerns(want)) return true;
    const found = attributeOf(device, this.#attribute);
    if (found === undefined) return false;
    const value = jsonText(found);
    if (this.#count > 0 && value !== this.#value) return false;
    this.#value = value;
    this.#count++;
    return true;
  }

  /** Takes the last successful `add` of them back. */
  remove(want: Want): void {
    if (this.#concerns(want)) this.#count--;
  }

  #concerns({ request, name }: Want): boolean {
    return this.#requests.size === 0 || this.#requests.has(request) || this.#requests.has(name);
  }
}

/** By its full name, or, if the domain is the driver, by the name alone. */
function attributeOf({ driver, device }: PooledDevice, name: string): DeviceAttribute | undefined {
  const { attributes = {} } = device;
  if (Object.hasOwn(attributes, name)) return attributes[name];
  const slash = name.indexOf('/');
  const short = name.slice(slash + 1);
  if (slash < 0 || name.slice(0, slash) !== driver) return undefined;
  return Object.hasOwn(attributes, short) ? attributes[short] : undefined;
}
