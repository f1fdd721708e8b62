/** From a configuration to profiles that run: default plugins, plugin sets, args. */
import { duplicate, invalid, notFound, required, type FieldError } from '../../api/field-errors.ts';
import type { Plugin } from '../framework/interface.ts';
import {
  methodOf,
  type ExtensionPoint,
  type Profile,
  type ProfileRow,
} from '../framework/profile.ts';
import {
  builtInPlugins,
  defaultPlugins,
  type PluginFactory,
  type PluginParts,
} from '../registry.ts';
import {
  ConfigurationError,
  type PluginChoice,
  type PluginSet,
  type ProfileConfiguration,
} from './configuration.ts';
import type { NodeResourcesFitArgs } from '../plugins/node-resources-fit.ts';
import { Fields } from './fields.ts';
import { readArgs } from './plugin-args.ts';

const points = Object.keys(methodOf) as ExtensionPoint[];

const takes = ({ disabled }: PluginSet, name: string): boolean =>
  disabled.includes('*') || disabled.includes(name);

/** Enabled ones replace defaults of their name where these stand, or come after them. */
function merged(defaults: readonly PluginChoice[], set: PluginSet): readonly PluginChoice[] {
  const kept = defaults.filter(({ name }) => !takes(set, name));
  const own = new Map(set.enabled.map((choice) => [choice.name, choice]));
  const replaced = kept.map((choice) => own.get(choice.name) ?? choice);
  const known = new Set(kept.map(({ name }) => name));
  return [...replaced, ...set.enabled.filter(({ name }) => !known.has(name))];
}

class ProfileBuilder {
  readonly #configuration: ProfileConfiguration;
  readonly #builtIn: ReadonlyMap<string, PluginFactory>;
  readonly #own: ReadonlyMap<string, PluginFactory>;
  readonly #ignored: readonly string[];
  readonly #errors: FieldError[];
  readonly #plugins = new Map<string, Plugin>();

  constructor(
    configuration: ProfileConfiguration,
    builtIn: ReadonlyMap<string, PluginFactory>,
    more: Required<ProfileParts> & { errors: FieldError[] },
  ) {
    this.#configuration = configuration;
    this.#builtIn = builtIn;
    this.#own = more.own;
    this.#ignored = more.ignored;
    this.#errors = more.errors;
  }

  build(): Profile {
    const { field, schedulerName, percentageOfNodesToScore, multiPoint } = this.#configuration;
    this.#checkNames();
    const everywhere = merged(defaultPlugins, multiPoint);
    const at: Partial<Record<ExtensionPoint, readonly ProfileRow[]>> = {};
    for (const point of points) at[point] = this.#rowsAt(point, everywhere);
    if (at.queueSort!.length !== 1) {
      const names = at.queueSort!.map(({ plugin }) => plugin.name).join(', ');
      const detail = 'exactly one queue sort plugin must be enabled';
      this.#errors.push(invalid(`${field}.plugins.queueSort`, names, detail));
    }
    if (at.bind!.length === 0)
      this.#errors.push(required(`${field}.plugins.bind`, 'at least one bind plugin is needed'));
    return {
      schedulerName,
      rows: [],
      at,
      ...(percentageOfNodesToScore === undefined ? {} : { percentageOfNodesToScore }),
    };
  }

  /**
   * First what the point's own list overrides, then the plugins of all points, then the rest of
   * the point's own list: the order that Kubernetes documents.
   */
  #rowsAt(point: ExtensionPoint, everywhere: readonly PluginChoice[]): ProfileRow[] {
    const own = this.#configuration.points[point] ?? { enabled: [], disabled: [] };
    const chosen = new Set(own.enabled.map(({ name }) => name));
    const implementing = everywhere.filter(({ name }) => {
      const plugin = this.#plugin(name);
      return plugin !== undefined && methodOf[point] in plugin;
    });
    const overridden = new Set(implementing.map(({ name }) => name));
    const order = [
      ...own.enabled.filter(({ name }) => overridden.has(name)),
      ...implementing.filter(({ name }) => !chosen.has(name) && !takes(own, name)),
      ...own.enabled.filter(({ name }) => !overridden.has(name)),
    ];
    return order.flatMap(({ name, weight }): ProfileRow[] => {
      const plugin = this.#plugin(name);
      if (plugin === undefined) return [];
      return [{ plugin, ...(weight === undefined ? {} : { weight }) }];
    });
  }

  #checkNames(): void {
    const { field, multiPoint, points: sets, pluginConfig } = this.#configuration;
    const check = (set: PluginSet, name: ExtensionPoint | 'multiPoint'): void => {
      const where = `${field}.plugins.${name}.enabled`;
      const seen = new Set<string>();
      for (const [i, choice] of set.enabled.entries()) {
        const at = `${where}[${i}].name`;
        if (seen.has(choice.name)) this.#errors.push(duplicate(at, choice.name));
        seen.add(choice.name);
        const plugin = this.#plugin(choice.name);
        if (plugin === undefined) this.#errors.push(notFound(at, choice.name));
        else if (name !== 'multiPoint' && !(methodOf[name] in plugin))
          this.#errors.push(invalid(at, choice.name, `plugin does not extend ${name}`));
      }
    };
    check(multiPoint, 'multiPoint');
    for (const point of points) {
      const set = sets[point];
      if (set !== undefined) check(set, point);
    }
    for (const { name, field: at } of pluginConfig)
      if (!this.#builtIn.has(name) && !this.#own.has(name))
        this.#errors.push(notFound(at.replace(/args$/, 'name'), name));
  }

  #leftToExtenders(name: string, args: Partial<NodeResourcesFitArgs>): object {
    if (name !== 'NodeResourcesFit' || this.#ignored.length === 0) return args;
    return { ...args, ignoredResources: [...(args.ignoredResources ?? []), ...this.#ignored] };
  }

  /** One instance per profile, made when first needed; undefined if there is no such plugin. */
  #plugin(name: string): Plugin | undefined {
    let plugin = this.#plugins.get(name);
    if (plugin !== undefined) return plugin;
    const entry = this.#configuration.pluginConfig.find((each) => each.name === name);
    const own = this.#own.get(name);
    if (own !== undefined) plugin = own(entry?.args ?? {});
    else {
      const fields = new Fields(entry?.field ?? '', entry?.args, this.#errors);
      plugin = this.#builtIn.get(name)?.(this.#leftToExtenders(name, readArgs(name, fields)));
    }
    if (plugin !== undefined) this.#plugins.set(name, plugin);
    return plugin;
  }
}

export interface ProfileParts {
  /** Plugins from outside the package; they win over built-in ones of their name. */
  readonly own?: ReadonlyMap<string, PluginFactory>;
  /** Extended resources that NodeResourcesFit leaves to extenders. */
  readonly ignored?: readonly string[];
}

/** Throws {@link ConfigurationError} with everything that is wrong in all profiles. */
export function buildProfiles(
  configurations: readonly ProfileConfiguration[],
  parts: PluginParts,
  { own = new Map<string, PluginFactory>(), ignored = [] }: ProfileParts = {},
): readonly Profile[] {
  const errors: FieldError[] = [];
  const builtIn = builtInPlugins(parts);
  const profiles = configurations.map((configuration) =>
    new ProfileBuilder(configuration, builtIn, { own, ignored, errors }).build(),
  );
  const sorts = new Set(profiles.map(({ at }) => at?.queueSort?.[0]?.plugin.name));
  if (sorts.size > 1) {
    const detail = 'must be the same in all profiles';
    errors.push(invalid('profiles[*].plugins.queueSort', [...sorts].join(', '), detail));
  }
  if (errors.length > 0) throw new ConfigurationError(errors);
  return profiles;
}
