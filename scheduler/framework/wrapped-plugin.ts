import type { Plugin } from './interface.ts';

export type Method = (...parameters: unknown[]) => unknown;

/** The same plugin, bound, with each method as `wrap` makes it. */
export function wrapPlugin(plugin: Plugin, wrap: (name: string, method: Method) => Method): Plugin {
  const made: Record<string, unknown> = {};
  for (const name of namesOf(plugin)) {
    const value: unknown = Reflect.get(plugin, name);
    if (typeof value === 'function') made[name] = wrap(name, (value as Method).bind(plugin));
    else
      Object.defineProperty(made, name, {
        enumerable: true,
        get: (): unknown => Reflect.get(plugin, name),
      });
  }
  return made as unknown as Plugin;
}

function namesOf(plugin: object): Set<string> {
  const names = new Set<string>();
  for (
    let at: object | null = plugin;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  )
    for (const name of Object.getOwnPropertyNames(at)) if (name !== 'constructor') names.add(name);
  return names;
}
