import { describe, expect, it } from 'vitest';
import { FramesRefusedError } from '../../platform/net/frames.ts';
import { headersOf, readHello } from './hello.ts';

const self = { clusterId: '77', memberId: '2' };
const hello = { kind: 'messages', clusterId: '77', from: '1', to: '2' } as const;
const nobody = (): boolean => false;

describe('a hello', () => {
  it('is understood', () => expect(readHello(headersOf(hello), self, nobody)).toEqual(hello));

  it.each([
    ['of another cluster: cluster ID mismatch', { ...hello, clusterId: '78' }],
    ['to another member: this is member 2, not 3', { ...hello, to: '3' }],
    ['of nobody: a member ID is needed', { ...hello, from: '' }],
    ['of an unknown kind: unknown kind', { ...hello, kind: 'gossip' as never }],
  ])('is refused %s', (text, wrong) => {
    const read = (): unknown => readHello(headersOf(wrong), self, nobody);
    expect(read).toThrow(FramesRefusedError);
    expect(read).toThrow(expect.objectContaining({ status: 412 }) as Error);
    expect(read).toThrow(text.split(': ')[1]);
  });

  it('of one that was removed is refused for good', () => {
    const read = (): unknown => readHello(headersOf(hello), self, (id) => id === '1');
    expect(read).toThrow(expect.objectContaining({ status: 410 }) as Error);
  });
});
