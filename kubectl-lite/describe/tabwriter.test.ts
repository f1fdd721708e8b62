import { expect, it } from 'vitest';
import { alignTabs } from './tabwriter.ts';

it('aligns each run of lines with a cell on its own', () => {
  const text = ['Name:\tweb', 'Namespace:\tdefault', 'Containers:', '  a:\tx', '  bbb:\ty'];
  expect(alignTabs(text.join('\n'))).toBe(
    ['Name:       web', 'Namespace:  default', 'Containers:', '  a:    x', '  bbb:  y'].join('\n'),
  );
});

it('aligns inner columns within their own run only', () => {
  const text = ['a\tb\tc', 'aa\tbbbb\tc', 'a\tlast', 'a\tb\tc'];
  expect(alignTabs(text.join('\n'))).toBe(
    ['a   b     c', 'aa  bbbb  c', 'a   last', 'a   b  c'].join('\n'),
  );
});

it('keeps the blanks of cells that a tab ends, as Go does, and empty leading cells', () => {
  expect(alignTabs('Labels:\ta=1\n\tb=2\nX:\t')).toBe('Labels:  a=1\n         b=2\nX:       ');
});
