import { onlyPlugins, type PluginChoice } from '../admission/plugins.ts';
import { actsOnMutatingPolicies, MUTATING_POLICY } from '../beta-kinds.ts';
import { FlagError } from './flag-files.ts';
import type { ApiServerFlags } from './flags.ts';

/** A plugin that acts on what no feature gate has switched on has nothing to do. */
export function admissionOf(flags: ApiServerFlags): PluginChoice {
  const choice = namedPlugins(flags);
  if (actsOnMutatingPolicies(flags.featureGates)) return choice;
  const enable = choice.enable.filter((name) => name !== MUTATING_POLICY);
  return { ...choice, enable, disable: [...choice.disable, MUTATING_POLICY] };
}

/** The deprecated flag names all that run. */
function namedPlugins(flags: ApiServerFlags): PluginChoice {
  const { enableAdmissionPlugins: enable, disableAdmissionPlugins: disable } = flags;
  const { admissionControl: just } = flags;
  if (just === undefined) return { enable, disable };
  if (enable.length + disable.length > 0)
    throw new FlagError(
      'admission-control and enable-admission-plugins/disable-admission-plugins flags are ' +
        'mutually exclusive',
    );
  return onlyPlugins(just);
}
