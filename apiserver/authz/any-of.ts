import type { User } from '../authn/user.ts';
import {
  type Attributes,
  type Authorizer,
  type Decision,
  noOpinion,
  type Rules,
} from './authorizer.ts';

/** Asks one after the other until one allows or denies. Without that: a no, with all reasons. */
export class AnyOf implements Authorizer {
  readonly #authorizers: () => readonly Authorizer[];

  constructor(authorizers: () => readonly Authorizer[]) {
    this.#authorizers = authorizers;
  }

  authorize(user: User, attributes: Attributes): Decision | Promise<Decision> {
    return this.#from(0, { user, attributes, authorizers: this.#authorizers(), before: [] });
  }

  async rulesFor(user: User, namespace: string): Promise<Rules> {
    const all = await Promise.all(
      this.#authorizers().map(async (authorizer) => authorizer.rulesFor?.(user, namespace)),
    );
    return {
      rules: all.flatMap((one) => one?.rules ?? []),
      incomplete: all.some((one) => one === undefined || one.incomplete),
      errors: all.flatMap((one) => one?.errors ?? []),
    };
  }

  /** Without a promise as long as nobody needs one: most decisions are made from memory. */
  #from(first: number, asked: Asked): Decision | Promise<Decision> {
    for (let i = first; i < asked.authorizers.length; i++) {
      const decision = asked.authorizers[i]!.authorize(asked.user, asked.attributes);
      if (decision instanceof Promise)
        return decision.then((made) =>
          isFinal(made) ? made : this.#from(i + 1, after(asked, made)),
        );
      if (isFinal(decision)) return decision;
      asked = after(asked, decision);
    }
    return asked.before.length === 0 ? noOpinion : undecided(asked.before);
  }
}

interface Asked {
  readonly user: User;
  readonly attributes: Attributes;
  readonly authorizers: readonly Authorizer[];
  /** What those said that did not decide, if they said anything. */
  readonly before: readonly Undecided[];
}

type Undecided = Extract<Decision, { readonly allowed: false }>;

function isFinal(decision: Decision): boolean {
  return decision.allowed || decision.denied === true;
}

function after(asked: Asked, decision: Decision): Asked {
  const says = !decision.allowed && (decision.reason || decision.error !== undefined);
  return says ? { ...asked, before: [...asked.before, decision] } : asked;
}

/** A no, with all reasons and errors. */
function undecided(said: readonly Undecided[]): Decision {
  const reason = said.flatMap((one) => one.reason || []).join('\n');
  const errors = [...new Set(said.flatMap(({ error }) => error ?? []))];
  const [first] = errors;
  return {
    allowed: false,
    ...(reason === '' ? {} : { reason }),
    ...(first === undefined
      ? {}
      : { error: errors.length === 1 ? first : `[${errors.join(', ')}]` }),
  };
}
