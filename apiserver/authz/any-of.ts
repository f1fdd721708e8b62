import type { User } from '../authn/user.ts';
import type { Attributes, Authorizer, Decision, Rules } from './authorizer.ts';

/** Asks one after the other until one allows or denies. Without that: a no, with all reasons. */
export class AnyOf implements Authorizer {
  readonly #authorizers: () => readonly Authorizer[];

  constructor(authorizers: () => readonly Authorizer[]) {
    this.#authorizers = authorizers;
  }

  authorize(user: User, attributes: Attributes): Decision | Promise<Decision> {
    return this.#from(0, { user, attributes, authorizers: this.#authorizers(), reasons: [] });
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
          isFinal(made) ? made : this.#from(i + 1, { ...asked, reasons: reasonsWith(asked, made) }),
        );
      if (isFinal(decision)) return decision;
      asked = { ...asked, reasons: reasonsWith(asked, decision) };
    }
    const reason = asked.reasons.join('\n');
    return reason === '' ? { allowed: false } : { allowed: false, reason };
  }
}

interface Asked {
  readonly user: User;
  readonly attributes: Attributes;
  readonly authorizers: readonly Authorizer[];
  readonly reasons: readonly string[];
}

function isFinal(decision: Decision): boolean {
  return decision.allowed || decision.denied === true;
}

function reasonsWith({ reasons }: Asked, { reason }: Decision): readonly string[] {
  return reason === undefined || reason === '' ? reasons : [...reasons, reason];
}
