import type { Mutable } from '../../api/meta.ts';
import { statusError } from '../../api/status.ts';
import type { Namespace, Pod, PodSpec, Toleration } from '../../api/types/core-v1.ts';
import { isAbout } from './about.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';
import type { Lookup } from './lookups.ts';
import { contains, mergeTolerations } from './merge-tolerations.ts';

const DEFAULTS = 'scheduler.alpha.kubernetes.io/defaultTolerations';
const ALLOWED = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist';

/** For namespaces that say nothing themselves. */
export interface TolerationRules {
  readonly default: readonly Toleration[];
  readonly whitelist: readonly Toleration[];
}

const underPressure: Toleration = {
  key: 'node.kubernetes.io/memory-pressure',
  operator: 'Exists',
  effect: 'NoSchedule',
};

const internal = (detail: string): Error => statusError('InternalError', detail);

/** Pods tolerate what their namespace says, and no more than it allows. */
export class PodTolerationRestriction implements AdmissionPlugin {
  readonly name = 'PodTolerationRestriction';
  readonly #namespaces: Lookup<Namespace>;
  readonly #rules: TolerationRules;

  constructor(
    namespaces: Lookup<Namespace>,
    rules: TolerationRules = { default: [], whitelist: [] },
  ) {
    this.#namespaces = namespaces;
    this.#rules = rules;
  }

  handles(attributes: AdmissionAttributes): boolean {
    const { operation } = attributes;
    return (operation === 'CREATE' || operation === 'UPDATE') && isAbout(attributes, 'pods');
  }

  async mutate(attributes: AdmissionAttributes): Promise<void> {
    const { spec } = attributes.object as Mutable<Pod>;
    if (spec === undefined) return;
    const creates = attributes.operation === 'CREATE';
    const own = creates ? await this.#of(attributes.namespace, DEFAULTS) : [];
    const more = [
      ...(own ?? this.#rules.default),
      ...(asksForNothing(spec) ? [] : [underPressure]),
    ];
    if (more.length > 0) spec.tolerations = [...mergeTolerations(spec.tolerations ?? [], more)];
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    const { tolerations = [] } = (attributes.object as Mutable<Pod>).spec ?? {};
    if (tolerations.length === 0) return;
    const own = await this.#of(attributes.namespace, ALLOWED);
    const allowed = own ?? this.#rules.whitelist;
    if (allowed.length === 0) return;
    if (tolerations.every((each) => allowed.some((one) => contains(one, each)))) return;
    const scope = own === undefined ? 'cluster' : 'namespace';
    throw internal(
      'pod tolerations (possibly merged with namespace default tolerations) conflict with its ' +
        `${scope} whitelist`,
    );
  }

  /** What a namespace's annotation says; undefined if it has none. */
  async #of(name: string, annotation: string): Promise<readonly Toleration[] | undefined> {
    const namespace = await this.#namespaces.named('', name);
    const text = namespace?.metadata.annotations?.[annotation];
    if (text === undefined) return undefined;
    if (text === '') return [];
    try {
      const listed: unknown = JSON.parse(text);
      if (Array.isArray(listed)) return listed as readonly Toleration[];
    } catch (error) {
      throw internal((error as Error).message);
    }
    throw internal(`${annotation} is no list`);
  }
}

/** The quality of service BestEffort. */
function asksForNothing({ containers, initContainers = [] }: PodSpec): boolean {
  return [...containers, ...initContainers].every(({ resources }) => {
    const { limits = {}, requests = {} } = resources ?? {};
    return Object.keys({ ...limits, ...requests }).every(
      (name) => name !== 'cpu' && name !== 'memory',
    );
  });
}
