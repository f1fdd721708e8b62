import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { realX509 } from './x509.ts';

/** Made by OpenSSL: /O=dev/O=ops/CN=ann on P-256, with alternative names. */
const ann = `-----BEGIN CERTIFICATE REQUEST-----
MIIBJzCBzwIBADAqMQwwCgYDVQQKDANkZXYxDDAKBgNVBAoMA29wczEMMAoGA1UE
AwwDYW5uMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8BBlw/N4FvvKc9BoPlMM
w/8IfKk2x/MqVq+3fmKPss8qWkO6TuXjyIgrRi0+wHOrcEhPjwsnYO0wa7slFgrV
mKBDMEEGCSqGSIb3DQEJDjE0MDIwMAYDVR0RBCkwJ4INYS5leGFtcGxlLmNvbYcE
CgAAAYcQ/QAAAAAAAAAAAAAAAAAAATAKBggqhkjOPQQDAgNHADBEAiB1Pl1bonTD
oFSjOZuQ6I6QOC/1tKPtUPdgKTTa4TIw2QIgbdrSzoZXb3iGbuehGJZ8wl7H0RQe
CtH7zwEjyHydX6A=
-----END CERTIFICATE REQUEST-----`;

/** /CN=bob/O=team on RSA 2048, SHA-512. */
const bob = `-----BEGIN CERTIFICATE REQUEST-----
MIICYjCCAUoCAQAwHTEMMAoGA1UEAwwDYm9iMQ0wCwYDVQQKDAR0ZWFtMIIBIjAN
BgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA8tMdlKH1gzuaOHTcV7RK7TRNt+kp
vu0Hpcblp8hmPxPP4gAIDQTCvonVPLnDrIPXg7HMbB2gMSIg+OH5NB/0ykTKEQ+T
0jXXb1RJNZvkFeUGii58KwoHvqF5iybOs4kY9FF6u716CRDH5gpHeszAA0+ryR8a
IpZ0I/9CP61q7GmBwV7ri8EXcz2qfsNhxNgP7D2kxJ3mc1tyMJktgwKGpqh/bMb2
iMOeuFQQs20AzR8c2nzHf8+gm4S/5eMhXzfrkDrdVm1W088Op+XBQpe4qx/NrTh4
sX1eTs93SGPE0s6Jx/AgdtagwjXAMkS22VTJg+iV7oLBxseEFSTk6tmGbwIDAQAB
oAAwDQYJKoZIhvcNAQENBQADggEBAG3e/m5DudiG/RnwHL1tZoSNYV+OFi3jga8y
TGq4PxYZIsXgiJ/Kk0cWOiNy87ZLHTLm4UziDOoPBK3uDQCdr1G9J8AfBoxmq7qs
nIZizgZcrFR/vvXjaEAVAZx3VyFm7bPYBjE1/SdazEWGpMotrgArihoYFmctA7P8
FHrXWr1/ASSv2aW2X9Suhsvz+zoh2kRaxF3Pj/wAQc+/QnWbCVs0G5SqJPWYukcO
jEW/kX0F3Gt3IccmIaoxktue1vjER71yd9hBFHoBkelBOpc1NUFxdxbsQ6WvRUrp
NMrnz+BxbT8mxNVAqV1cWanRAXb3blUuITGYAGVcJI+53HFPXGY=
-----END CERTIFICATE REQUEST-----`;

const notBeforeMs = Date.parse('2026-01-01T00:00:00Z');
const notAfterMs = Date.parse('2056-01-01T00:00:00Z');
const validity = { notBeforeMs, notAfterMs };
const ca = realX509.certificateAuthority({ commonName: 'kubernetes' }, validity);

describe('a certificate request', () => {
  it('says whose it is and which names it is for', () => {
    expect(realX509.readRequest(ann)).toEqual({
      subject: { commonName: 'ann', organizations: ['dev', 'ops'] },
      names: {
        dnsNames: ['a.example.com'],
        ipAddresses: ['10.0.0.1', 'fd00:0:0:0:0:0:0:1'],
      },
      emails: [],
      uris: [],
    });
    expect(realX509.readRequest(bob).subject).toEqual({
      commonName: 'bob',
      organizations: ['team'],
    });
  });

  it.each([
    ['no PEM', 'hello', 'PEM block type must be CERTIFICATE REQUEST'],
    ['cut off', bob.replace(/\n.*\n-----END/, '\n-----END'), 'a truncated DER value'],
    [
      'changed after it was signed',
      withName(bob, 'eve'),
      'the signature of the request is not by its key',
    ],
  ])('that is %s is refused', (_, request, message) => {
    expect(() => realX509.readRequest(request)).toThrow(
      `malformed certificate request: ${message}`,
    );
  });

  it.each([
    ['ann', ann, 'DNS:a.example.com, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1'],
    ['bob', bob, undefined],
  ])('of %s is signed as it asks', (name, request, names) => {
    const usages = ['digital signature', 'key encipherment', 'client auth'];
    const signed = new X509Certificate(realX509.signRequest(request, { validity, usages }, ca));
    const issuer = new X509Certificate(ca.certificate);
    expect(signed.verify(issuer.publicKey)).toBe(true);
    expect(signed.checkIssued(issuer)).toBe(true);
    expect(signed.subject).toContain(`CN=${name}`);
    expect(signed.subjectAltName).toBe(names);
    expect(signed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(signed.ca).toBe(false);
    expect(new Date(signed.validTo).getTime()).toBe(notAfterMs);
  });
});

/** The same request with another name of the same length in place of the common name. */
function withName(pem: string, name: string): string {
  const [head = '', ...rest] = pem.split('\n');
  const bytes = Buffer.from(rest.slice(0, -1).join(''), 'base64');
  bytes.write(name, bytes.indexOf('bob'));
  return `${head}\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
}
