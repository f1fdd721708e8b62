import sortedBtree from 'sorted-btree';

/** A B+ tree ordered by byte string. */
export type OrderedMap<V> = sortedBtree.default<string, V>;

type TreeClass = typeof sortedBtree.default;
/** The package is CommonJS: Node hands out its exports object, vitest and bundlers its default. */
const BTree: TreeClass =
  (sortedBtree as { default?: TreeClass }).default ?? (sortedBtree as unknown as TreeClass);

const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function orderedMap<V>(): OrderedMap<V> {
  return new BTree<string, V>(undefined, byBytes);
}
