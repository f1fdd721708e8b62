import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  difference,
  EMPTY,
  exclude,
  type FieldSet,
  hasPath,
  inOrder,
  intersection,
  pathsOf,
  setOf,
  union,
} from './field-set.ts';
import { canonicalElement, printPath } from './path-element.ts';

/** The reference: a set of paths, each as a text. */
type Model = ReadonlySet<string>;

const paths = fc.uniqueArray(
  fc.array(fc.constantFrom('f:a', 'f:b', 'k:{"n":1}', 'v:"x"'), { minLength: 1, maxLength: 4 }),
  { maxLength: 8, selector: (path) => path.join('/') },
);

function built(of: readonly (readonly string[])[]): FieldSet {
  return of.reduce<FieldSet>((set, path) => union(set, setOf(...path)), EMPTY);
}

function model(of: readonly (readonly string[])[]): Model {
  return new Set(of.map((path) => path.join('/')));
}

function content(set: FieldSet): Model {
  return model(pathsOf(set));
}

function filtered(set: Model, keep: (path: string) => boolean): Model {
  return new Set([...set].filter(keep));
}

/** No node without anything in it, and "." only beside something else. */
function isWellFormed(set: FieldSet): boolean {
  return Object.entries(set).every(([element, node]) => {
    const rest = Object.keys(node).filter((name) => name !== '.');
    return element === '.' || (('.' in node ? rest.length > 0 : true) && isWellFormed(node));
  });
}

describe('sets of fields', () => {
  it('combine as sets of paths do', () => {
    fc.assert(
      fc.property(paths, paths, (a, b) => {
        const [left, right] = [built(a), built(b)];
        const [x, y] = [model(a), model(b)];
        expect(content(left)).toEqual(x);
        expect(content(union(left, right))).toEqual(new Set([...x, ...y]));
        expect(content(difference(left, right))).toEqual(filtered(x, (p) => !y.has(p)));
        expect(content(intersection(left, right))).toEqual(filtered(x, (p) => y.has(p)));
        const below = (p: string) => [...y].some((q) => p === q || p.startsWith(`${q}/`));
        expect(content(exclude(left, right))).toEqual(filtered(x, (p) => !below(p)));
        for (const set of [
          union(left, right),
          difference(left, right),
          intersection(left, right),
          exclude(left, right),
        ]) {
          expect(isWellFormed(set)).toBe(true);
        }
      }),
    );
  });

  it('stay themselves where nothing changes', () => {
    fc.assert(
      fc.property(paths, paths, (a, b) => {
        const set = built([...a, ...b]);
        expect(union(set, built(b))).toBe(set);
        const apart = built(b.map(([, ...rest]) => ['f:other', ...rest]));
        expect(difference(set, apart)).toBe(set);
        expect(exclude(set, apart)).toBe(set);
      }),
    );
  });

  it('look up paths', () => {
    fc.assert(
      fc.property(paths, paths, (a, b) => {
        const set = built(a);
        for (const path of b) expect(hasPath(set, path)).toBe(model(a).has(path.join('/')));
      }),
    );
  });
});

describe('path elements', () => {
  it('print as messages show them', () => {
    const path = ['f:spec', 'f:ports', 'k:{"port":80,"protocol":"TCP"}', 'v:"x"', 'i:3'];
    expect(printPath(path)).toBe('.spec.ports[port=80,protocol="TCP"][="x"][3]');
  });

  it.each([
    ['f:a:b', 'f:a:b'],
    ['k:{"b": 1, "a": "x"}', 'k:{"a":"x","b":1}'],
    ['v: 1.0', 'v:1'],
    ['i:7', 'i:7'],
    ['k:[]', undefined],
    ['k:{', undefined],
    ['x:1', undefined],
    ['', undefined],
  ])('have one form: %s', (text, expected) => {
    expect(canonicalElement(text)).toBe(expected);
  });
});

it('is written in the order of Kubernetes: fields, keys, values, each by its own rule', () => {
  const set: FieldSet = {
    'v:10': EMPTY,
    'v:9': EMPTY,
    'k:{"port":443,"protocol":"TCP"}': { 'f:port': EMPTY, '.': EMPTY },
    'k:{"port":80,"protocol":"UDP"}': EMPTY,
    'k:{"port":80,"protocol":"TCP"}': EMPTY,
    'f:b': { 'f:y': EMPTY, 'f:x': EMPTY },
    'f:B': EMPTY,
    'f:__proto__': EMPTY,
    'f:a': { '.': EMPTY, 'f:x': EMPTY },
  };
  const sorted = inOrder(set);
  expect(JSON.stringify(sorted).replaceAll('\\"', "'")).toBe(
    [
      `{"f:B":{},"f:__proto__":{},"f:a":{".":{},"f:x":{}},"f:b":{"f:x":{},"f:y":{}},`,
      `"k:{'port':80,'protocol':'TCP'}":{},"k:{'port':80,'protocol':'UDP'}":{},`,
      `"k:{'port':443,'protocol':'TCP'}":{".":{},"f:port":{}},"v:9":{},"v:10":{}}`,
    ].join(''),
  );
  expect(inOrder(sorted)).toBe(sorted);
  expect(sorted['f:a']).toBe(set['f:a']);
});

it('has keys and values that are texts in the order of the texts', () => {
  const elements = ['A', 'Ab', 'B', 'a', '"', 'A"', 'Ä'].flatMap((text) => {
    const json = JSON.stringify(text);
    return [`k:{"type":${json}}`, `k:{"ty":${json}}`, `k:{"type":${json},"x":1}`, `v:${json}`];
  });
  const byRule = elements.sort((a, b) => {
    const [left, right] = [a, b].map((each) => JSON.parse(each.slice(2)) as unknown);
    const texts = (value: unknown): unknown[] =>
      typeof value === 'string' ? [value] : Object.entries(value as object).flat();
    const pairs = texts(left).map((each, i) => [each, texts(right)[i] ?? ''] as const);
    const first = pairs.find(([one, other]) => one !== other) ?? ['', ''];
    const [one, other] = first.map((each) => JSON.stringify(each));
    if (a[0] !== b[0]) return a[0]! < b[0]! ? -1 : 1;
    if (one !== other) return one! < other! ? -1 : 1;
    return texts(left).length - texts(right).length;
  });
  const set: FieldSet = Object.fromEntries(elements.toReversed().map((each) => [each, EMPTY]));
  expect(Object.keys(inOrder(set))).toEqual(byRule);
});
