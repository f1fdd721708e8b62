import { expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';

it('is the Castagnoli checksum, in one piece or several', () => {
  // RFC 3720, B.4, and the check value of the CRC catalogue.
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(Buffer.from('6789'), crc32c(Buffer.from('12345')))).toBe(0xe3069283);
});
