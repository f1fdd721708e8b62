/**
 * Sets of fields, in the very form in which managedFields carry them (FieldsV1): a tree of path
 * elements. `{"f:spec":{"f:replicas":{}}}` is the set that holds .spec.replicas and not .spec;
 * a field that is held and has held fields below says so with ".".
 *
 * Sets are immutable and share what they have in common, so that what does not change costs
 * nothing. Where an operation leaves its first operand as it is, it answers that operand itself.
 */
import { byElement } from './path-element.ts';

export interface FieldSet {
  readonly [element: string]: FieldSet;
}

export type MutableFieldSet = Record<string, FieldSet>;

/** Marks a node as held itself, where it is not a leaf. */
const SELF = '.';

/** As a node: a field that is held and has nothing below. As a root: the set of nothing. */
export const NOTHING_BELOW: FieldSet = Object.freeze({});
export const EMPTY: FieldSet = NOTHING_BELOW;

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** True if the node of a set, below its root, is held itself. */
export function isHeld(node: FieldSet): boolean {
  return SELF in node || isEmptySet(node);
}

/** A node out of what is below it; undefined if there is nothing to say. */
export function nodeOf(children: FieldSet | undefined, held: boolean): FieldSet | undefined {
  if (children === undefined || isEmptySet(children)) return held ? NOTHING_BELOW : undefined;
  return held ? { [SELF]: NOTHING_BELOW, ...children } : children;
}

/** What is below a node. */
function childrenOf(node: FieldSet): FieldSet {
  if (!(SELF in node)) return node;
  const { [SELF]: _self, ...children } = node;
  return children;
}

function childOf(set: FieldSet, element: string): FieldSet | undefined {
  return Object.hasOwn(set, element) ? set[element] : undefined;
}

/** Everything that is in one of them. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  return unionOfChildren(a, b);
}

function unionOfChildren(a: FieldSet, b: FieldSet): FieldSet {
  let result: MutableFieldSet | undefined;
  for (const element in b) {
    const ours = childOf(a, element);
    const both = ours === undefined ? b[element]! : unionOfNodes(ours, b[element]!);
    if (both === ours) continue;
    result ??= { ...a };
    result[element] = both;
  }
  return result ?? a;
}

function unionOfNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const held = isHeld(a) || isHeld(b);
  if (held === isHeld(a)) {
    const grown = isEmptySet(a) ? childrenOf(b) : unionOfChildren(a, childrenOf(b));
    if (grown === a || isEmptySet(grown)) return a;
    return held && !(SELF in grown) ? nodeOf(grown, true)! : grown;
  }
  return nodeOf(isEmptySet(b) ? a : unionOfChildren(a, childrenOf(b)), true)!;
}

type NodeOperation = (a: FieldSet, b: FieldSet) => FieldSet | undefined;

/** Keeps of `a` what `operation` makes of each element that `b` has too. */
function subtract(a: FieldSet, b: FieldSet, operation: NodeOperation): FieldSet {
  let result: MutableFieldSet | undefined;
  for (const element in b) {
    if (element === SELF) continue;
    const ours = childOf(a, element);
    if (ours === undefined) continue;
    const rest = operation(ours, b[element]!);
    if (rest === ours) continue;
    result ??= { ...a };
    if (rest === undefined) delete result[element];
    else result[element] = rest;
  }
  return result ?? a;
}

/** What is in `a` and not in `b`. A field in `b` takes nothing below it along. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return a === b ? EMPTY : subtract(a, b, differenceOfNodes);
}

function differenceOfNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const rest = subtract(a, b, differenceOfNodes);
  const wasHeld = isHeld(a);
  const held = wasHeld && !isHeld(b);
  if (rest === a && held === wasHeld) return a;
  return nodeOf(childrenOf(rest), held);
}

/** What is in `a` and neither in `b` nor below anything in `b`. */
export function exclude(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, excludeFromNode);
}

function excludeFromNode(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (isHeld(b)) return undefined;
  const rest = subtract(a, b, excludeFromNode);
  return rest === a ? a : nodeOf(childrenOf(rest), isHeld(a));
}

/** What is in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const result: MutableFieldSet = {};
  for (const element in a) {
    const theirs = element === SELF ? undefined : childOf(b, element);
    const both = theirs && intersectionOfNodes(a[element]!, theirs);
    if (both !== undefined) result[element] = both;
  }
  return result;
}

function intersectionOfNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (a === b) return a;
  return nodeOf(intersection(a, b), isHeld(a) && isHeld(b));
}

/** The node of `element`, for walks that follow an object and a set side by side. */
export function below(set: FieldSet | undefined, element: string): FieldSet | undefined {
  return set === undefined ? undefined : childOf(set, element);
}

/** True if there is anything in the set below this node. */
export function hasBelow(node: FieldSet): boolean {
  for (const element in node) if (element !== SELF) return true;
  return false;
}

/** The paths of a set, each node before what is below it, in the order of their elements. */
export function pathsOf(set: FieldSet): (readonly string[])[] {
  const paths: (readonly string[])[] = [];
  const walk = (node: FieldSet, path: readonly string[]): void => {
    const elements = Object.keys(node).filter((element) => element !== SELF);
    elements.sort();
    for (const element of elements) {
      if (isHeld(node[element]!)) paths.push([...path, element]);
    }
    for (const element of elements) walk(node[element]!, [...path, element]);
  };
  walk(set, []);
  return paths;
}

/** Whole sets, not their nodes: to remember each node costs more than to look at it again. */
const ordered = new WeakSet<FieldSet>();

/**
 * The same set with its elements in the order in which Kubernetes writes them; a set is not looked
 * at twice.
 */
export function inOrder(set: FieldSet): FieldSet {
  if (ordered.has(set)) return set;
  const sorted = orderedNode(set);
  ordered.add(sorted);
  return sorted;
}

function orderedNode(node: FieldSet): FieldSet {
  if (node === NOTHING_BELOW) return node;
  let before: string | undefined;
  let isOrdered = true;
  let result: MutableFieldSet | undefined;
  for (const element in node) {
    isOrdered &&= before === undefined || byElement(before, element) < 0;
    before = element;
    const below = orderedNode(node[element]!);
    if (below !== node[element]) (result ??= { ...node })[element] = below;
  }
  return isOrdered ? (result ?? node) : rearranged(result ?? node);
}

function rearranged(node: FieldSet): FieldSet {
  const result: MutableFieldSet = {};
  for (const element of Object.keys(node).sort(byElement)) result[element] = node[element]!;
  return result;
}

/** The set of one path. */
export function setOf(...path: readonly string[]): FieldSet {
  return path.reduceRight<FieldSet>((node, element) => ({ [element]: node }), NOTHING_BELOW);
}

export function hasPath(set: FieldSet, path: readonly string[]): boolean {
  let node: FieldSet | undefined = set;
  for (const element of path) node = below(node, element);
  return node !== undefined && isHeld(node);
}
