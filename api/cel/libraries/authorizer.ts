/**
 * The authorizer of Kubernetes' CEL library: questions are put together step by step, and asked
 * with check(). Who decides is not here, and takes its time: until it has answered, a run ends
 * with PendingAnswer, and the next one finds the answer.
 */
import { PendingAnswer } from '../evaluation.ts';
import { type Overload, overload } from '../overloads.ts';
import { opaque } from '../types.ts';
import { type CelValue, Opaque } from '../values.ts';

const AUTHORIZER = 'kubernetes.authorization.Authorizer';

/** Where expressions may ask what the user may do. */
export const authorizerTypes = {
  authorizer: opaque(AUTHORIZER),
  'authorizer.requestResource': opaque('kubernetes.authorization.ResourceCheck'),
};

export interface AccessCheck {
  readonly verb: string;
  readonly path?: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** Another user than the request's. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
}

export interface AccessDecision {
  readonly allowed: boolean;
  readonly reason?: string;
  /** Why nobody could decide. */
  readonly error?: string;
}

export type Decide = (check: AccessCheck) => Promise<AccessDecision>;

type Question = Omit<AccessCheck, 'verb'>;

const anything: Question = { group: '', resource: '', subresource: '', namespace: '', name: '' };

abstract class Step extends Opaque {
  override equals(other: CelValue): boolean {
    return this === other;
  }
}

/** Answers of one request, by question. */
class Answers {
  readonly #decide: Decide;
  readonly #known = new Map<string, AccessDecision>();

  constructor(decide: Decide) {
    this.#decide = decide;
  }

  of(check: AccessCheck): AccessDecision {
    const key = JSON.stringify(check);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const failed = (error: unknown): AccessDecision => ({ allowed: false, error: String(error) });
    const asked = this.#decide(check).catch(failed);
    throw new PendingAnswer(asked.then((decision) => void this.#known.set(key, decision)));
  }
}

class AuthorizerValue extends Step {
  readonly typeName = AUTHORIZER;
  readonly answers: Answers;
  readonly base: Question;

  constructor(answers: Answers, base: Question) {
    super();
    this.answers = answers;
    this.base = base;
  }
}

class Check extends Step {
  readonly typeName: string;
  readonly answers: Answers;
  readonly question: Question;

  constructor(typeName: string, answers: Answers, question: Question) {
    super();
    this.typeName = typeName;
    this.answers = answers;
    this.question = question;
  }

  with(more: Partial<Question>, typeName = this.typeName): Check {
    return new Check(typeName, this.answers, { ...this.question, ...more });
  }
}

class Decision extends Step {
  readonly typeName = 'kubernetes.authorization.Decision';
  readonly decision: AccessDecision;

  constructor(decision: AccessDecision) {
    super();
    this.decision = decision;
  }
}

const PATH = 'kubernetes.authorization.PathCheck';
const GROUP = 'kubernetes.authorization.GroupCheck';
const RESOURCE = 'kubernetes.authorization.ResourceCheck';
/** Kubernetes' price of asking. */
const CHECK_COST = 350_000;
const asking = { cost: () => CHECK_COST };

/** The variables of one request: whoever decides is asked each question once. */
export function authorizerValues(
  decide: Decide,
  requestResource: Question,
): { readonly authorizer: CelValue; readonly 'authorizer.requestResource': CelValue } {
  const answers = new Answers(decide);
  return {
    authorizer: new AuthorizerValue(answers, anything),
    'authorizer.requestResource': new Check(RESOURCE, answers, requestResource),
  };
}

const decided = ({ answers, question }: Check, verb: string): Decision =>
  new Decision(answers.of({ ...question, verb }));

export const authorizerLibrary: readonly Overload[] = [
  overload(
    'Authorizer.path(string): PathCheck',
    (a: AuthorizerValue, path: string) => new Check(PATH, a.answers, { ...a.base, path }),
  ),
  overload(
    'Authorizer.group(string): GroupCheck',
    (a: AuthorizerValue, group: string) => new Check(GROUP, a.answers, { ...a.base, group }),
  ),
  overload(
    'Authorizer.serviceAccount(string, string): Authorizer',
    (a: AuthorizerValue, namespace: string, name: string) =>
      new AuthorizerValue(a.answers, { ...a.base, serviceAccount: { namespace, name } }),
  ),
  overload('GroupCheck.resource(string): ResourceCheck', (check: Check, resource: string) =>
    check.with({ resource }, RESOURCE),
  ),
  overload(
    'ResourceCheck.subresource(string): ResourceCheck',
    (check: Check, subresource: string) => check.with({ subresource }),
  ),
  overload('ResourceCheck.namespace(string): ResourceCheck', (check: Check, namespace: string) =>
    check.with({ namespace }),
  ),
  overload('ResourceCheck.name(string): ResourceCheck', (check: Check, name: string) =>
    check.with({ name }),
  ),
  overload('ResourceCheck.fieldSelector(string): ResourceCheck', (check: Check, text: string) =>
    check.with({ fieldSelector: text }),
  ),
  overload('ResourceCheck.labelSelector(string): ResourceCheck', (check: Check, text: string) =>
    check.with({ labelSelector: text }),
  ),
  overload('PathCheck.check(string): Decision', decided, asking),
  overload('ResourceCheck.check(string): Decision', decided, asking),
  overload('Decision.allowed(): bool', ({ decision }: Decision) => decision.allowed),
  overload('Decision.reason(): string', ({ decision }: Decision) => decision.reason ?? ''),
  overload('Decision.errored(): bool', ({ decision }: Decision) => decision.error !== undefined),
  overload('Decision.error(): string', ({ decision }: Decision) => decision.error ?? ''),
];
