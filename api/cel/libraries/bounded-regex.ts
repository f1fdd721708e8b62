/**
 * A regular expression that tells what it does while it does it, so that whoever asked may end it.
 * RE2's time is linear in the text, but by a factor as large as the expression's program:
 * `a{1000}$` takes minutes for 3 MiB. In Kubernetes only that request waits.
 */
import { RE2JS } from 're2js';
import type { Carry } from '../overloads.ts';
import { MAX_PATTERN_SIZE, patternSize } from '../../pattern-size.ts';

/** What states of the automaton may take, by the engine's own count; it goes on without beyond. */
const MAX_STATE_BYTES = 2 << 20;
/** Work: of compiling, for each instruction. */
const COMPILING = 300;
/** Of one character where the automaton knows its state. */
const SCANNING = 1;
/** Of making a state, and for each instruction that it stands for. */
const STATE = 80;
const STATE_PART = 8;
/** Of one character without the automaton, and for each instruction that is tried. */
const TRYING = 4;
/** Characters that a look for literals passes in one unit. */
const LITERALS = 100;
/** Of each search. */
const SEARCH = 10;

interface Instructions {
  numInst(): number;
  getInst(at: number): { readonly runes: readonly number[] };
}

interface Input {
  step: (this: Input, at: number) => number;
  endPos(): number;
}

type Execute = (
  input: Input,
  ...how: readonly [at: number, anchor: unknown, captures: number, lookbehind?: unknown]
) => unknown;

/** Of re2js's engine what is watched here; its own types say `any`. */
interface Engine {
  executeEngine: Execute;
  /** What is left when the automaton gives up, or captures are asked for. */
  doExecuteNFA: Execute;
  readonly prefilter: unknown;
  readonly onepass: unknown;
  readonly prog: Instructions;
  readonly dfa: {
    stateBudget: number;
    memBudget: number;
    getState: (parts: readonly number[], flag: unknown, ids: unknown) => unknown;
  };
}

const NOBODY: Carry = () => {};

export class BoundedRegex {
  readonly #re: RE2JS;
  #carry: Carry = NOBODY;
  /** Of the states seen, the one that stands for the most instructions. */
  #widest = 1;

  /** Throws the engine's error where it is no expression. */
  constructor(pattern: string, carry: Carry) {
    const size = patternSize(pattern);
    if (size > MAX_PATTERN_SIZE) throw new Error('error parsing regexp: expression too large');
    carry(size * COMPILING);
    this.#re = RE2JS.compile(pattern);
    this.#watch(carry);
  }

  test(text: string, carry: Carry): boolean {
    this.#carry = carry;
    try {
      return this.#re.test(text);
    } finally {
      // Expressions are kept for long: who asked, and about what, is not.
      this.#carry = NOBODY;
    }
  }

  /** In order; those after an empty one go on behind it. */
  *found(text: string, carry: Carry): Generator<string> {
    // The automaton knows soonest that there is nothing, and how much a search tries at once.
    if (!this.test(text, carry)) return;
    const matcher = this.#re.matcher(text);
    this.#carry = carry;
    try {
      while (matcher.find()) yield matcher.group(0) ?? '';
    } finally {
      this.#carry = NOBODY;
    }
  }

  #watch(carry: Carry): void {
    const engine = this.#re.re2() as unknown as Engine;
    const execute = engine.executeEngine.bind(engine);
    engine.executeEngine = (input, ...how) => {
      const [at, , captures] = how;
      const length = input.endPos() - at;
      this.#carry(SEARCH);
      if (captures === 0) this.#carry(length * SCANNING);
      else this.#count(input, TRYING);
      if (engine.prefilter !== null) this.#carry(length / LITERALS);
      return execute(input, ...how);
    };
    const withoutStates = engine.doExecuteNFA.bind(engine);
    engine.doExecuteNFA = (input, ...how) => {
      this.#count(input, TRYING * (1 + this.#widest));
      return withoutStates(input, ...how);
    };
    // An expression of one way is followed without states.
    if (engine.onepass !== null) return;
    carry(rangesOf(engine.prog));
    const { dfa } = engine;
    dfa.stateBudget = dfa.memBudget = MAX_STATE_BYTES;
    const stateOf = dfa.getState.bind(dfa);
    dfa.getState = (parts, flag, ids) => {
      this.#carry(STATE + parts.length * STATE_PART);
      this.#widest = Math.max(this.#widest, parts.length);
      return stateOf(parts, flag, ids);
    };
  }

  #count(input: Input, weight: number): void {
    const { step } = Object.getPrototypeOf(input) as Input;
    input.step = (at) => {
      this.#carry(weight);
      return step.call(input, at);
    };
  }
}

/** The automaton sorts the bounds of all classes first: a thousand for `\\pL` alone. */
function rangesOf(instructions: Instructions): number {
  let sum = 0;
  for (let at = instructions.numInst(); --at >= 0;) sum += instructions.getInst(at).runes.length;
  return sum;
}
