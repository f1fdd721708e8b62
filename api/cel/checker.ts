/**
 * Types of an expression, by cel-spec's rules as cel-go has them: what is wrong is said in its
 * words. Where types are known at run time only (dyn), everything is let pass.
 */
import type { Declarations } from './declarations.ts';
import type { Overload } from './overloads.ts';
import type { Issue } from './parser/source.ts';
import type {
  Call,
  Expr,
  Fold,
  ListLiteral,
  MapLiteral,
  Select,
  StructLiteral,
} from './parser/syntax.ts';
import {
  assignable,
  BOOL,
  type CelType,
  DYN,
  formatType,
  INT,
  isOptional,
  joined,
  listOf,
  mapOf,
  optionalOf,
  type Substitution,
  substitute,
} from './types.ts';
import { constantType, typeNames } from './named-types.ts';

/** "a.b", which may be the name of a variable. */
export function qualifiedVariable({ operand, field, test, optional }: Select): string | undefined {
  return operand.type !== 'ident' || test || optional ? undefined : `${operand.name}.${field}`;
}

/** What the checker found out about the nodes of one expression. */
export interface Checked {
  readonly expr: Expr;
  readonly type: CelType;
  readonly types: ReadonlyMap<Expr, CelType>;
  /** The overloads that a call may mean. */
  readonly overloads: ReadonlyMap<Expr, readonly Overload[]>;
}

type Scope = ReadonlyMap<string, CelType>;

class Checker {
  readonly types = new Map<Expr, CelType>();
  readonly overloads = new Map<Expr, readonly Overload[]>();
  readonly issues: Issue[] = [];
  readonly #declarations: Declarations;
  /** Within what is formatted. */
  #mixed = false;

  constructor(declarations: Declarations) {
    this.#declarations = declarations;
  }

  check(expr: Expr, scope: Scope): CelType {
    const type = this.#typeOf(expr, scope);
    this.types.set(expr, type);
    return type;
  }

  #typeOf(expr: Expr, scope: Scope): CelType {
    switch (expr.type) {
      case 'constant':
        return constantType(expr.value);
      case 'ident':
        return this.#ident(expr.name, expr.at, scope);
      case 'select':
        return this.#select(expr, scope);
      case 'call':
        return this.#call(expr, scope);
      case 'logical':
        for (const term of expr.terms) this.#expectBool(term, scope);
        return BOOL;
      case 'conditional': {
        const types = [expr.condition, expr.then, expr.otherwise].map((e) => this.check(e, scope));
        const [condition, then, otherwise] = types as [CelType, CelType, CelType];
        const type = joined(then, otherwise);
        const isBool = condition.kind === 'bool' || condition.kind === 'dyn';
        if (isBool && type !== undefined) return type;
        return this.#noOverload('_?_:_', types, expr.at);
      }
      case 'list':
        return this.#list(expr, scope);
      case 'map':
        return this.#map(expr, scope);
      case 'struct':
        return this.#struct(expr, scope);
      case 'fold':
        return this.#fold(expr, scope);
      case 'optionalMap': {
        const target = this.check(expr.target, scope);
        const of = isOptional(target) ? target.of : DYN;
        if (!isOptional(target) && target.kind !== 'dyn')
          return this.#noOverload(expr.flat ? 'optFlatMap' : 'optMap', [target], expr.at);
        const body = this.check(expr.body, new Map([...scope, [expr.variable, of]]));
        if (!expr.flat) return optionalOf(body);
        if (isOptional(body) || body.kind === 'dyn') return body;
        return this.#noOverload('_?_:_', [BOOL, body, optionalOf(DYN)], expr.at);
      }
    }
  }

  #ident(name: string, at: number, scope: Scope): CelType {
    const type = scope.get(name) ?? this.#declarations.variables.get(name);
    if (type !== undefined) return type;
    const named = typeNames.get(name);
    if (named !== undefined) return { kind: 'type', of: named };
    this.issues.push({ at, message: `undeclared reference to '${name}' (in container '')` });
    return DYN;
  }

  #select(expr: Select, scope: Scope): CelType {
    const { field, test, at } = expr;
    const qualified = qualifiedVariable(expr);
    const variable = qualified && this.#declarations.variables.get(qualified);
    if (variable) return variable;
    const whole = this.check(expr.operand, scope);
    const isOptionalOperand = isOptional(whole);
    const operand = isOptionalOperand ? whole.of : whole;
    const wrap = (type: CelType): CelType => {
      if (test) return BOOL;
      return expr.optional || isOptionalOperand
        ? isOptional(type)
          ? type
          : optionalOf(type)
        : type;
    };
    switch (operand.kind) {
      case 'dyn':
      case 'parameter':
        return wrap(DYN);
      case 'map':
        return wrap(operand.value);
      case 'object': {
        const found = operand.fields().get(field);
        if (found !== undefined) return wrap(found.type);
        this.issues.push({ at, message: `undefined field '${field}'` });
        return wrap(DYN);
      }
      default: {
        const shown = formatType(operand);
        this.issues.push({ at, message: `type '${shown}' does not support field selection` });
        return wrap(DYN);
      }
    }
  }

  #call(expr: Call, scope: Scope): CelType {
    const { name, target, at } = expr;
    // A dotted name may be that of a function: optional.of, ip.isCanonical.
    const qualified = this.#qualified(expr, scope);
    const args =
      qualified === undefined && target !== undefined ? [target, ...expr.args] : expr.args;
    const types = this.#arguments(name, args, scope);
    if (name === '_[?_]') return this.#optionalIndex(types, at);
    if (name === '_[_]' && isOptional(types[0]!))
      return this.#optionalIndex([types[0].of, types[1]!], at);
    const member = qualified === undefined && target !== undefined;
    const declared = this.#declarations.functions.get(qualified ?? name);
    if (declared === undefined) {
      this.issues.push({ at, message: `undeclared reference to '${name}' (in container '')` });
      return DYN;
    }
    const candidates = declared.filter((each) => each.member === member);
    return this.#resolve(expr, candidates, { name: qualified ?? name, types, member });
  }

  #resolve(
    expr: Call,
    candidates: readonly Overload[],
    call: { readonly name: string; readonly types: readonly CelType[]; readonly member: boolean },
  ): CelType {
    const { name, types, member } = call;
    const found: Overload[] = [];
    let result: CelType | undefined;
    for (const candidate of candidates) {
      if (candidate.args.length !== types.length) continue;
      const by: Substitution = new Map();
      if (!candidate.args.every((arg, i) => assignable(arg, types[i]!, by))) continue;
      found.push(candidate);
      const own = substitute(candidate.result, by);
      result = result === undefined || same(result, own) ? own : DYN;
    }
    if (result === undefined)
      return member
        ? this.#noMemberOverload(name, types, expr.at)
        : this.#noOverload(name, types, expr.at);
    this.overloads.set(expr, found);
    return result;
  }

  /** "optional.of" where `optional` is no variable. */
  #qualified({ target, name }: Call, scope: Scope): string | undefined {
    if (target?.type !== 'ident') return undefined;
    if (scope.has(target.name) || this.#declarations.variables.has(target.name)) return undefined;
    const qualified = `${target.name}.${name}`;
    return this.#declarations.functions.has(qualified) ? qualified : undefined;
  }

  #optionalIndex(types: readonly CelType[], at: number): CelType {
    const [whole, index] = types as [CelType, CelType];
    const type = isOptional(whole) ? whole.of : whole;
    const by: Substitution = new Map();
    if (type.kind === 'dyn') return optionalOf(DYN);
    if (type.kind === 'list' && assignable(INT, index, by)) return optionalOf(type.element);
    if (type.kind === 'map' && assignable(type.key, index, by)) return optionalOf(type.value);
    return this.#noOverload('_[?_]', types, at);
  }

  /** What is formatted need not be of one type. */
  #arguments(name: string, args: readonly Expr[], scope: Scope): CelType[] {
    const wereMixed = this.#mixed;
    this.#mixed ||= name === 'format';
    const types = args.map((arg) => this.check(arg, scope));
    this.#mixed = wereMixed;
    return types;
  }

  #expectBool(expr: Expr, scope: Scope): void {
    const type = this.check(expr, scope);
    if (type.kind === 'bool' || type.kind === 'dyn') return;
    const message = `expected type 'bool' but found '${formatType(type)}'`;
    this.issues.push({ at: expr.at, message });
  }

  /** Of an entry that is there only if it is something; undefined where that may be anything. */
  #entry(expr: Expr, optional: boolean, scope: Scope): CelType | undefined {
    const type = this.check(expr, scope);
    if (!optional || type.kind === 'dyn') return type;
    if (isOptional(type)) return type.of.kind === 'dyn' ? undefined : type.of;
    const shown = formatType(type);
    const message = `expected type 'optional_type(${shown})' but found '${shown}'`;
    this.issues.push({ at: expr.at, message });
    return type;
  }

  #list(expr: ListLiteral, scope: Scope): CelType {
    let element: CelType | undefined;
    for (const { value, optional } of expr.elements) {
      element = this.#aggregate(element, this.#entry(value, optional, scope), value.at);
    }
    return listOf(element ?? DYN);
  }

  #map(expr: MapLiteral, scope: Scope): CelType {
    let key: CelType | undefined;
    let value: CelType | undefined;
    for (const entry of expr.entries) {
      key = this.#aggregate(key, this.check(entry.key, scope), entry.key.at);
      const type = this.#entry(entry.value, entry.optional, scope);
      value = this.#aggregate(value, type, entry.value.at);
    }
    return mapOf(key ?? DYN, value ?? DYN);
  }

  /** Literals hold values of one type: Kubernetes turns homogeneous aggregates on. */
  #aggregate(
    known: CelType | undefined,
    type: CelType | undefined,
    at: number,
  ): CelType | undefined {
    if (known === undefined || type === undefined) return known ?? type;
    const both = joined(known, type);
    if (this.#mixed) return both ?? DYN;
    if (both !== undefined && (known.kind === 'dyn') === (type.kind === 'dyn')) return both;
    const message = `expected type '${formatType(known)}' but found '${formatType(type)}'`;
    this.issues.push({ at, message });
    return DYN;
  }

  #struct(expr: StructLiteral, scope: Scope): CelType {
    const type = this.#declarations.structs?.(expr.name);
    if (type === undefined)
      this.issues.push({
        at: expr.at,
        message: `undeclared reference to '${expr.name}' (in container '')`,
      });
    const fields = type?.fields();
    for (const { name, value, optional, at } of expr.fields) {
      const own = this.check(value, scope);
      if (fields === undefined) continue;
      const field = fields.get(name);
      if (field === undefined) {
        this.issues.push({ at, message: `undefined field '${name}'` });
        continue;
      }
      const given = optional && isOptional(own) ? own.of : own;
      if (assignable(field.type, given, new Map())) continue;
      const shown = `'${formatType(field.type)}' but provided type is '${formatType(given)}'`;
      this.issues.push({ at, message: `expected type of field '${name}' is ${shown}` });
    }
    return type ?? DYN;
  }

  #fold(expr: Fold, scope: Scope): CelType {
    const { macro, variables } = expr;
    const range = this.check(expr.range, scope);
    const [first = '', second] = variables;
    const inner = new Map(scope);
    if (range.kind === 'list') {
      inner.set(second ?? first, range.element);
      if (second !== undefined) inner.set(first, INT);
    } else if (range.kind === 'map') {
      inner.set(first, range.key);
      if (second !== undefined) inner.set(second, range.value);
    } else {
      for (const name of variables) inner.set(name, DYN);
      if (range.kind !== 'dyn' || range.any === true) {
        const shown = formatType(range);
        const message =
          `expression of type '${shown}' cannot be range of a comprehension ` +
          '(must be list, map, or dynamic)';
        this.issues.push({ at: expr.range.at, message });
      }
    }
    const { filter } = expr;
    if (filter !== undefined) this.#predicate({ test: filter, at: expr.at }, inner, () => DYN);
    if (macro === 'map') return listOf(this.check(expr.body, inner));
    if (macro === 'transformMap') {
      const key = range.kind === 'list' ? INT : range.kind === 'map' ? range.key : DYN;
      return mapOf(key, this.check(expr.body, inner));
    }
    if (macro === 'transformMapEntry') return this.check(expr.body, inner);
    if (macro === 'all' || macro === 'exists') {
      this.#expectBool(expr.body, inner);
      return BOOL;
    }
    const kept = listOf(
      range.kind === 'map' ? range.key : range.kind === 'list' ? range.element : DYN,
    );
    const result = macro === 'filter' ? kept : INT;
    this.#predicate({ test: expr.body, at: expr.at }, inner, () => result);
    return macro === 'filter' ? kept : BOOL;
  }

  /** Expanded by cel-go to a conditional, which is what its error speaks of. */
  #predicate(
    { test, at }: { readonly test: Expr; readonly at: number },
    scope: Scope,
    result: () => CelType,
  ): void {
    const type = this.check(test, scope);
    if (type.kind === 'bool' || type.kind === 'dyn') return;
    this.#noOverload('_?_:_', [type, result(), result()], at);
  }

  #noOverload(name: string, types: readonly CelType[], at: number): CelType {
    const applied = `'(${types.map(formatType).join(', ')})'`;
    return this.#noMatch(name, applied, at);
  }

  #noMemberOverload(name: string, types: readonly CelType[], at: number): CelType {
    const [target, ...args] = types.map(formatType);
    return this.#noMatch(name, `'${target}.(${args.join(', ')})'`, at);
  }

  #noMatch(name: string, applied: string, at: number): CelType {
    const message = `found no matching overload for '${name}' applied to ${applied}`;
    this.issues.push({ at, message });
    return DYN;
  }
}

function same(a: CelType, b: CelType): boolean {
  return a === b || formatType(a) === formatType(b);
}

export function check(
  expr: Expr,
  declarations: Declarations,
): { readonly checked: Checked; readonly issues: readonly Issue[] } {
  const checker = new Checker(declarations);
  const type = checker.check(expr, new Map());
  const { types, overloads, issues } = checker;
  return { checked: { expr, type, types, overloads }, issues };
}
