import { describe, expect, it } from 'vitest';
import { revokedSerials } from './revocation-list.ts';

// As `openssl ca -gencrl` writes them.
const empty = `-----BEGIN X509 CRL-----
MIGkMEwCAQEwCgYIKoZIzj0EAwIwDTELMAkGA1UEAwwCY2EXDTI2MTEyMjIwNTkz
MloXDTM2MTExOTIwNTkzMlqgDjAMMAoGA1UdFAQDAgEBMAoGCCqGSM49BAMCA0gA
MEUCIGfwTu3pw7tK2NW/LBfculZEPJbNe5GHe7QSd5znMDYlAiEAyVhQDMQNxpL5
WolU9d/jHYAbPq2c3fOkQrgxpIoRFD8=
-----END X509 CRL-----
`;
const two = `-----BEGIN X509 CRL-----
MIHSMHoCAQEwCgYIKoZIzj0EAwIwDTELMAkGA1UEAwwCY2EXDTI2MTEyMjIwNTkz
MloXDTM2MTExOTIwNTkzMlowLDASAgEKFw0yNjExMjIwMDAwMDBaMBYCBQDA/+4B
Fw0yNjExMjIwMDAwMDBaoA4wDDAKBgNVHRQEAwIBAjAKBggqhkjOPQQDAgNIADBF
AiBP267GpuTrvtBYhfMcPW8YKWc+RkkOlzOBCQ1iM2dHCwIhAKcK2RwHmJIGqf1v
/1sUHPB6EZU6LKiNTFJWFO9B7d4q
-----END X509 CRL-----
`;
const der = (pem: string): Buffer => Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64');

describe('a list of revoked certificates', () => {
  it('is read from PEM and DER', () => {
    const serials = ['0A', 'C0FFEE01'];
    expect(revokedSerials(Buffer.from(two))).toEqual(serials);
    expect(revokedSerials(der(two))).toEqual(serials);
    expect(revokedSerials(Buffer.from(empty))).toEqual([]);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a text', Buffer.from('revoked: 0A\n')],
    ['a list that is cut off', der(two).subarray(0, 120)],
    ['another sequence', Buffer.from([0x30, 2, 0x05, 0])],
  ])('is no %s', (_, bytes) => {
    expect(() => revokedSerials(bytes)).toThrow('no revocation list in PEM or DER');
  });
});
