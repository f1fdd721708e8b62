import { describe, expect, it } from 'vitest';
import { headerCells, rowCells, type Table, TableWriter } from './table.ts';

const table: Table = {
  columnDefinitions: [
    { name: 'Name' },
    { name: 'Ready' },
    { name: 'IP', priority: 1 },
    { name: 'Age' },
  ],
  rows: [
    { cells: ['web-1', '1/1', '10.0.0.1', '5s'], object: { metadata: { namespace: 'a' } } },
    { cells: ['w', '0/1', null, '12m'], object: { metadata: { namespace: 'bb' } } },
  ],
};
const narrow = {
  wide: false,
  withNamespace: false,
  namePrefix: '',
  showLabels: false,
  labelColumns: [] as string[],
};

const print = (layout: typeof narrow): string =>
  new TableWriter()
    .lines([headerCells(table, layout), ...rowCells(table, table.rows, layout)])
    .join('\n');

describe('tables', () => {
  it('look like kubectl get', () => {
    expect(print(narrow)).toBe('NAME    READY   AGE\nweb-1   1/1     5s\nw       0/1     12m');
  });
  it('show namespaces, wide columns and prefixes on request', () => {
    expect(print({ ...narrow, wide: true, withNamespace: true, namePrefix: 'pod/' })).toBe(
      [
        'NAMESPACE   NAME        READY   IP         AGE',
        'a           pod/web-1   1/1     10.0.0.1   5s',
        'bb          pod/w       0/1                12m',
      ].join('\n'),
    );
  });
  it('keep their widths from one print to the next, and are six wide at least', () => {
    const writer = new TableWriter();
    expect(writer.lines([['A', 'B']])).toEqual(['A     B']);
    expect(writer.lines([['longer-name', 'B']])).toEqual(['longer-name   B']);
    expect(writer.lines([['x', 'B']])).toEqual(['x             B']);
  });
});
