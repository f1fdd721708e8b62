/**
 * Stages: what becomes of simulated pods and nodes, as their user writes it down. A stage says
 * which objects it is for, how long it waits, and what happens then. In: files of Stage documents
 * (`read-stages.ts`) and the objects as watches have them (`stage-engine.ts`). Out: what
 * {@link StageEffects} does.
 *
 * The grammar is close to that of kwok's Stage; paths are JSONPath, and statuses are laid over
 * what the node agent computes instead of being rendered from templates.
 */
import type { PathStep } from '../../api/jsonpath/parse.ts';

export interface FieldExpression {
  readonly steps: readonly PathStep[];
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

export interface StageSelector {
  readonly matchNamespaces?: readonly string[];
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchAnnotations: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly FieldExpression[];
}

export interface StageDelay {
  readonly durationMs: number;
  /** So much more at most, by chance. */
  readonly jitterMs: number;
}

/** What happens to simulated containers. */
export interface ContainerAct {
  /** Undefined: all that run. */
  readonly name?: string;
  readonly exit?: { readonly code: number; readonly reason?: string; readonly message?: string };
  readonly ready?: boolean;
}

type Texts = Readonly<Record<string, string | null>>;

export interface StageNext {
  readonly event?: {
    readonly type: 'Normal' | 'Warning';
    readonly reason: string;
    readonly message: string;
  };
  /** null removes. */
  readonly labels?: Texts;
  readonly annotations?: Texts;
  readonly finalizers?: {
    readonly add: readonly string[];
    readonly remove: readonly string[];
    readonly empty: boolean;
  };
  /** Of pods. */
  readonly containers?: readonly ContainerAct[];
  /** Laid over the agent's own as a merge patch; conditions by their type. */
  readonly status?: Readonly<Record<string, unknown>>;
  /** Of nodes: false lets the node fall silent, true lets it speak again. */
  readonly heartbeats?: boolean;
  readonly delete?: boolean;
}

export interface Stage {
  readonly name: string;
  readonly kind: 'Pod' | 'Node';
  readonly selector: StageSelector;
  readonly weight: number;
  readonly delay: StageDelay;
  readonly next: StageNext;
}
