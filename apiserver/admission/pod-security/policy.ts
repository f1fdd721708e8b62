import { type FieldError, invalid } from '../../../api/field-errors.ts';

/** How strict: https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
export type Level = 'privileged' | 'baseline' | 'restricted';

/** A level as it was defined in some minor version of Kubernetes 1. */
export interface LevelVersion {
  readonly level: Level;
  /** Infinity: the latest. */
  readonly minor: number;
}

/** What a namespace asks for: refuse, write down, or warn. */
export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

export const LATEST = Infinity;

export const levels: readonly Level[] = ['privileged', 'baseline', 'restricted'];

const privileged: LevelVersion = { level: 'privileged', minor: LATEST };

export const privilegedPolicy: Policy = {
  enforce: privileged,
  audit: privileged,
  warn: privileged,
};

/** "restricted:latest", "baseline:v1.30". */
export function levelVersionText({ level, minor }: LevelVersion): string {
  return `${level}:${minor === LATEST ? 'latest' : `v1.${minor}`}`;
}

/** Negative, zero or positive, as `a` is laxer than, as strict as or stricter than `b`. */
export function compareLevels(a: Level, b: Level): number {
  return levels.indexOf(a) - levels.indexOf(b);
}

export function isPrivileged({ enforce, audit, warn }: Policy): boolean {
  return [enforce, audit, warn].every(({ level }) => level === 'privileged');
}

export function parseLevel(text: string): Level | undefined {
  return levels.find((level) => level === text);
}

export function parseVersion(text: string): number | undefined {
  if (text === 'latest') return LATEST;
  const [, minor] = /^v1\.([0-9]|[1-9][0-9]*)$/.exec(text) ?? [];
  return minor === undefined ? undefined : Number(minor);
}

export const LABEL_PREFIX = 'pod-security.kubernetes.io/';

interface Labelled extends LevelVersion {
  readonly errors: readonly FieldError[];
  /** True if the label is there and can be read. */
  readonly hasLevel: boolean;
}

/** One mode's labels. `fallback` is the level of a label that cannot be read. */
function labelled(
  labels: Readonly<Record<string, string>>,
  mode: keyof Policy,
  of: { readonly standard: LevelVersion; readonly fallback: Level },
): Labelled {
  const errors: FieldError[] = [];
  let { level, minor } = of.standard;
  const levelLabel = labels[LABEL_PREFIX + mode];
  const parsed = levelLabel === undefined ? undefined : parseLevel(levelLabel);
  if (levelLabel !== undefined) {
    if (parsed === undefined)
      errors.push(
        invalid(
          `metadata.labels[${LABEL_PREFIX}${mode}]`,
          levelLabel,
          `must be one of ${levels.join(', ')}`,
        ),
      );
    level = parsed ?? of.fallback;
  }
  const versionKey = `${LABEL_PREFIX}${mode}-version`;
  const versionLabel = labels[versionKey];
  if (versionLabel !== undefined) {
    const version = parseVersion(versionLabel);
    if (version === undefined)
      errors.push(
        invalid(`metadata.labels[${versionKey}]`, versionLabel, 'must be "latest" or "v1.x"'),
      );
    minor = version ?? LATEST;
  }
  return { level, minor, errors, hasLevel: parsed !== undefined };
}

/**
 * The policy of a namespace's labels. It is whole even where labels are wrong: then enforcing fails
 * closed, auditing and warning fail open. A namespace that enforces more than it warns about
 * warns about what it enforces, so that controllers of refused pods say so early.
 */
export function policyOf(
  labels: Readonly<Record<string, string>> = {},
  defaults: Policy = privilegedPolicy,
): { readonly policy: Policy; readonly errors: readonly FieldError[] } {
  const enforce = labelled(labels, 'enforce', {
    standard: defaults.enforce,
    fallback: 'restricted',
  });
  const audit = labelled(labels, 'audit', { standard: defaults.audit, fallback: 'privileged' });
  const warn = labelled(labels, 'warn', { standard: defaults.warn, fallback: 'privileged' });
  const { level } = enforce;
  const warnsToo =
    labels[`${LABEL_PREFIX}warn`] === undefined &&
    enforce.hasLevel &&
    compareLevels(level, warn.level) > 0;
  const warnVersion = labels[`${LABEL_PREFIX}warn-version`];
  return {
    policy: {
      enforce: { level, minor: enforce.minor },
      audit: { level: audit.level, minor: audit.minor },
      warn: warnsToo
        ? { level, minor: warnVersion === undefined ? enforce.minor : warn.minor }
        : { level: warn.level, minor: warn.minor },
    },
    errors: [...enforce.errors, ...audit.errors, ...warn.errors],
  };
}
