import { expect, it } from 'vitest';
import { Blocks } from './blocks.ts';

it('keeps small bytes side by side, apart from what else is made', () => {
  const blocks = new Blocks();
  const came = Buffer.alloc(10_000, 'x').subarray(17, 117);
  const [one, other] = [blocks.keep(came), blocks.keep(came)];
  expect(Buffer.compare(one, came)).toBe(0);
  expect(other.buffer).toBe(one.buffer);
  expect(other.byteOffset).toBe(one.byteOffset + 100);
  expect(one.buffer.byteLength).toBe(8192);
  came.fill('y');
  expect(Buffer.from(one).toString()).toBe('x'.repeat(100));
});

it('begins another block when one is full', () => {
  const blocks = new Blocks();
  const buffers = new Set(Array.from({ length: 9 }, () => blocks.allocate(2000).buffer));
  expect(buffers.size).toBe(3);
});

it('gives large ones memory of their own, and does not copy what has that', () => {
  const blocks = new Blocks();
  expect(blocks.allocate(2049).buffer.byteLength).toBe(2049);
  const own = Buffer.allocUnsafeSlow(300);
  expect(blocks.keep(own)).toBe(own);
  expect(blocks.keep(own.subarray(0, 150)).buffer).toBe(own.buffer);
  expect(blocks.keep(own.subarray(0, 149)).buffer).not.toBe(own.buffer);
});
