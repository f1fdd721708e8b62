import { privilegedPolicy, type Policy } from './policy.ts';

/** Who is not asked: by user, by runtime class, by namespace. */
export interface Exemptions {
  readonly usernames: readonly string[];
  readonly runtimeClasses: readonly string[];
  readonly namespaces: readonly string[];
}

export interface PodSecurityConfiguration {
  /** For namespaces without labels. */
  readonly defaults: Policy;
  readonly exemptions: Exemptions;
}

export const defaultConfiguration: PodSecurityConfiguration = {
  defaults: privilegedPolicy,
  exemptions: { usernames: [], runtimeClasses: [], namespaces: [] },
};
