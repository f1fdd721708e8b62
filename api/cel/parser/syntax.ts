/**
 * The syntax tree. Operators are calls by cel-go's names ("_+_", "@in"); macros stay what they
 * are (`fold`), so that their cost and their errors can be told. `at` is where cel-go points to:
 * a call's parenthesis, an operator, a selection's dot.
 */
import type { CelValue } from '../values.ts';

export interface Constant {
  readonly type: 'constant';
  readonly value: CelValue;
  readonly at: number;
}

export interface Ident {
  readonly type: 'ident';
  readonly name: string;
  readonly at: number;
}

export interface Select {
  readonly type: 'select';
  readonly operand: Expr;
  readonly field: string;
  /** has(operand.field) */
  readonly test: boolean;
  /** operand.?field */
  readonly optional: boolean;
  readonly at: number;
}

export interface Call {
  readonly type: 'call';
  readonly name: string;
  readonly target: Expr | undefined;
  readonly args: readonly Expr[];
  readonly at: number;
}

/** A chain of one operator, which may be long: so it is no tree. */
export interface Logical {
  readonly type: 'logical';
  readonly operator: '_&&_' | '_||_';
  readonly terms: readonly Expr[];
  readonly at: number;
}

export interface Conditional {
  readonly type: 'conditional';
  readonly condition: Expr;
  readonly then: Expr;
  readonly otherwise: Expr;
  readonly at: number;
}

export interface ListLiteral {
  readonly type: 'list';
  readonly elements: readonly { readonly value: Expr; readonly optional: boolean }[];
  readonly at: number;
}

export interface MapLiteral {
  readonly type: 'map';
  readonly entries: readonly {
    readonly key: Expr;
    readonly value: Expr;
    readonly optional: boolean;
    readonly at: number;
  }[];
  readonly at: number;
}

export interface StructLiteral {
  readonly type: 'struct';
  readonly name: string;
  readonly fields: readonly {
    readonly name: string;
    readonly value: Expr;
    readonly optional: boolean;
    readonly at: number;
  }[];
  readonly at: number;
}

export type FoldMacro =
  'all' | 'exists' | 'exists_one' | 'map' | 'filter' | 'transformMap' | 'transformMapEntry';

/** A comprehension: one variable (element, or key of a map), or two (index or key, and value). */
export interface Fold {
  readonly type: 'fold';
  readonly macro: FoldMacro;
  readonly range: Expr;
  readonly variables: readonly string[];
  /** Of `map` and the transformations. */
  readonly filter: Expr | undefined;
  readonly body: Expr;
  readonly at: number;
}

/** target.optMap(variable, body), or optFlatMap. */
export interface OptionalMap {
  readonly type: 'optionalMap';
  readonly target: Expr;
  readonly variable: string;
  readonly body: Expr;
  readonly flat: boolean;
  readonly at: number;
}

export type Expr =
  | Constant
  | Ident
  | Select
  | Call
  | Logical
  | Conditional
  | ListLiteral
  | MapLiteral
  | StructLiteral
  | Fold
  | OptionalMap;
