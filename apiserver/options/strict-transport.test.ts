import { describe, expect, it } from 'vitest';
import { strictTransport } from './strict-transport.ts';

describe('--strict-transport-security-directives', () => {
  it.each([
    ['', undefined],
    ['preload', 'preload'],
    ['max-age=31536000,includeSubDomains,preload', 'max-age=31536000; includeSubDomains; preload'],
  ])('%j is the header %j', (text, header) => expect(strictTransport(text)).toBe(header));

  it.each([
    ['preload,', 'empty value in strict-transport-security-directives'],
    ['fakevalue,preload', 'allowed values: max-age=expireTime, includeSubDomains, preload.'],
    ['max-age', 'allowed values: max-age=expireTime'],
    ['max-age=1=2', 'allowed values: max-age=expireTime'],
    ['max-age=1, preload', 'allowed values: max-age=expireTime'],
  ])('%j is refused', (text, why) => expect(() => strictTransport(text)).toThrow(why));
});
