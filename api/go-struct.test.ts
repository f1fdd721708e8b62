import { expect, test } from 'vitest';
import { goStruct } from './go-struct.ts';

const shape = { type: '', rollingUpdate: { partition: 0, maxUnavailable: null } } as const;

test.each([
  [{}, '{"Type":"","RollingUpdate":null}'],
  [{ type: 'Odd' }, '{"Type":"Odd","RollingUpdate":null}'],
  [
    { rollingUpdate: { maxUnavailable: '1%' }, type: 'Odd' },
    '{"Type":"Odd","RollingUpdate":{"Partition":0,"MaxUnavailable":"1%"}}',
  ],
])('%o is printed with every field of its type, by Go names, in their order', (value, text) => {
  expect(JSON.stringify(goStruct(value, shape))).toBe(text);
});

test('what is not there is nil', () => {
  expect(goStruct(undefined, shape)).toBeNull();
});
