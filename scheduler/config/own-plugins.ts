/**
 * Plugins from outside the package. A file exports `plugins`: an object whose keys are plugin
 * names and whose values make the plugin.
 *
 *     export const plugins = {
 *       OnlyEven: (args, { logger }) => ({
 *         name: 'OnlyEven',
 *         filter: ({ pod }, node) => …a Status, or undefined for yes…,
 *       }),
 *     };
 *
 * The plugin's methods are those of `framework/interface.ts`; it takes part in every extension
 * point whose method it has. It is enabled like any other, by name.
 */
import type { Effects } from '../../platform/effects.ts';
import { isObject } from '../../api/deep.ts';
import type { Plugin } from '../framework/interface.ts';
import { methodOf } from '../framework/profile.ts';
import type { PluginLimits } from '../plugin-limits.ts';
import type { PluginFactory } from '../registry.ts';
import { ConfigurationError } from './configuration.ts';

/** What a plugin of one's own is given. */
export type PluginHandle = Effects;

export type OwnPluginFactory = (args: object, handle: PluginHandle) => Plugin;

/** The plugins that a loaded file exports. Throws {@link ConfigurationError}. */
export function ownPlugins(
  file: string,
  module: unknown,
  { handle, limits }: { readonly handle: PluginHandle; readonly limits: PluginLimits },
): ReadonlyMap<string, PluginFactory> {
  const exported = isNamespace(module) ? module['plugins'] : undefined;
  if (!isObject(exported)) throw new ConfigurationError(`${file} does not export plugins`);
  const found = new Map<string, PluginFactory>();
  for (const [name, make] of Object.entries(exported)) {
    if (typeof make !== 'function')
      throw new ConfigurationError(`${file}: plugins.${name} is not a function`);
    found.set(name, (args) =>
      limits.guard(checked(file, name, (make as OwnPluginFactory)(args, handle))),
    );
  }
  return found;
}

/** A module's namespace has no prototype, which `isObject` does not mind. */
const isNamespace = (module: unknown): module is Record<string, unknown> => isObject(module);

function checked(file: string, name: string, plugin: unknown): Plugin {
  const where = `${file}: plugins.${name}`;
  if (!isObject(plugin) || plugin['name'] !== name)
    throw new ConfigurationError(`${where} must return an object whose name is "${name}"`);
  if (!Object.values(methodOf).some((method) => typeof plugin[method] === 'function'))
    throw new ConfigurationError(`${where} has no method of any extension point`);
  return plugin as unknown as Plugin;
}
