import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatusError } from '../status.ts';
import {
  escapeValue,
  type FieldRequirement,
  matchesFields,
  parseFieldSelector,
  requiredFieldValue,
} from './field.ts';
import { parseLabelSelector } from './label-parser.ts';
import {
  formatLabelSelector,
  type LabelRequirement,
  labelRequirements,
  type Labels,
  matchesLabels,
  matchesLabelSelector,
} from './label.ts';

const matches = (selector: string, labels: Labels): boolean =>
  matchesLabels(parseLabelSelector(selector), labels);

describe('label selectors', () => {
  it.each<[string, Labels, boolean]>([
    ['', {}, true],
    ['a', { a: '' }, true],
    ['a', {}, false],
    ['!a', {}, true],
    ['!a', { a: 'x' }, false],
    ['a=b', { a: 'b' }, true],
    ['a==b', { a: 'c' }, false],
    ['a!=b', {}, true],
    ['a!=b', { a: 'b' }, false],
    ['a in (b,c)', { a: 'c' }, true],
    ['a in (b,c)', {}, false],
    ['a notin (b, c)', {}, true],
    ['a notin (b,c)', { a: 'b' }, false],
    ['a in (,b)', { a: '' }, true],
    ['a in ()', { a: '' }, true],
    ['a=', { a: '' }, true],
    ['a=,b', { a: '', b: '1' }, true],
    ['a>5', { a: '6' }, true],
    ['a>5', { a: 'x' }, false],
    ['a<5', { a: '4' }, true],
    ['a<5', { a: '5' }, false],
    ['in in (in,notin)', { in: 'notin' }, true],
    ['example.com/a=b,  c', { 'example.com/a': 'b', c: 'd' }, true],
    ['a=b,c=d', { a: 'b' }, false],
    ['toString', {}, false],
  ])('%j on %j: %s', (selector, labels, expected) => {
    expect(matches(selector, labels)).toBe(expected);
  });

  it.each([
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    [',a', "found ',', expected: !, identifier, or 'end of string'"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a in (=)', "unable to parse requirement: found '=', expected: ',', ')' or identifier"],
    ['a==(', "unable to parse requirement: found '(', expected: identifier"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    [
      'a>x',
      "values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
    ['-a', 'unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of'],
    ['a=b@', 'unable to parse requirement: values[0][a]: Invalid value: "b@": a valid label must'],
  ])('refuses %j', (selector, message) => {
    expect(() => parseLabelSelector(selector)).toThrow(StatusError);
    expect(() => parseLabelSelector(selector)).toThrow(message);
  });

  const name = fc.stringMatching(/^[a-z]([a-z.-]{0,3}[a-z])?$/);
  const requirement: fc.Arbitrary<LabelRequirement> = fc.oneof(
    fc.record({
      key: name,
      operator: fc.constantFrom('exists' as const, '!' as const),
      values: fc.constant([]),
    }),
    fc.record({
      key: name,
      operator: fc.constantFrom('=' as const, '==' as const, '!=' as const),
      values: fc.tuple(fc.oneof(fc.constant(''), name)),
    }),
    fc.record({
      key: name,
      operator: fc.constantFrom('in' as const, 'notin' as const),
      values: fc
        .uniqueArray(fc.oneof(fc.constant(''), name), { minLength: 1, maxLength: 3 })
        .map((values) => values.sort()),
    }),
  );
  const requirements = fc.uniqueArray(requirement, { maxLength: 4, selector: (r) => r.key });

  it('reads back what is escaped', () => {
    fc.assert(
      fc.property(requirements, (list) => {
        const sorted = [...list].sort((a, b) => (a.key < b.key ? -1 : 1));
        expect(parseLabelSelector(formatLabelSelector(list))).toEqual(sorted);
      }),
    );
  });

  it('never fails but with BadRequest', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z!=<>(), /.]{0,12}$/), (text) => {
        try {
          parseLabelSelector(text);
        } catch (error) {
          expect(error).toBeInstanceOf(StatusError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('matches structured selectors', () => {
    const selector = {
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['b', 'a'] },
        { key: 'old', operator: 'DoesNotExist' },
      ],
    };
    expect(matchesLabelSelector(selector, { app: 'web', tier: 'a' })).toBe(true);
    expect(matchesLabelSelector(selector, { app: 'web', tier: 'a', old: '' })).toBe(false);
    expect(matchesLabelSelector({}, undefined)).toBe(true);
    expect(matchesLabelSelector(undefined, { app: 'web' })).toBe(false);
    expect(formatLabelSelector(labelRequirements(selector))).toBe('app=web,!old,tier in (a,b)');
    expect(() => labelRequirements({ matchExpressions: [{ key: 'a', operator: 'Is' }] })).toThrow(
      '"Is" is not a valid label selector operator',
    );
  });
});

describe('field selectors', () => {
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': 'a',
    'status.phase': 'x=y,z',
  };

  it.each([
    ['', true],
    ['metadata.name=a', true],
    ['metadata.name==a,status.phase!=b', true],
    ['metadata.name!=a', false],
    ['status.phase=x\\=y\\,z', true],
    ['absent=', true],
    [',metadata.name=a,', true],
  ])('%j: %s', (selector, expected) => {
    expect(matchesFields(parseFieldSelector(selector), (field) => fields[field])).toBe(expected);
  });

  it.each([
    ['a', "invalid selector: 'a'; can't understand 'a'"],
    ['a=b,c', "invalid selector: 'a=b,c'; can't understand 'c'"],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
    ['a=\\x', 'invalid field selector: invalid escape sequence: \\x'],
    ['a=\\', 'invalid field selector: invalid escape sequence: \\'],
  ])('refuses %j', (selector, message) => {
    expect(() => parseFieldSelector(selector)).toThrow(message);
  });

  it('reads back what it formats', () => {
    const requirement: fc.Arbitrary<FieldRequirement> = fc.record({
      field: fc.stringMatching(/^[a-zA-Z.]{1,8}$/),
      operator: fc.constantFrom('=' as const, '!=' as const),
      value: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 3 }), (list) => {
        const text = list.map(
          ({ field, operator, value }) => field + operator + escapeValue(value),
        );
        const byText = text.map((term, i) => ({ term, requirement: list[i]! }));
        byText.sort((a, b) => (a.term < b.term ? -1 : a.term > b.term ? 1 : 0));
        const sorted = byText.map(({ requirement }) => requirement);
        expect(parseFieldSelector(text.join(','))).toEqual(sorted);
      }),
    );
  });

  it('says which value is required', () => {
    const parsed = parseFieldSelector('metadata.name=a,x!=y');
    expect(requiredFieldValue(parsed, 'metadata.name')).toBe('a');
    expect(requiredFieldValue(parsed, 'x')).toBeUndefined();
  });
});
