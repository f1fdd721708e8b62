import { expect, it } from 'vitest';
import { formatTime } from '../../api/time.ts';
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.ts';
import { timeLeftMs } from './age.ts';

const NOW = 1_700_000_000_000;
const MINUTE = 60_000;

const request = (decision?: string): CertificateSigningRequest => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name: 'r', creationTimestamp: formatTime(NOW - 10 * MINUTE) },
  spec: { request: '', signerName: 's' },
  status: {
    conditions:
      decision === undefined
        ? []
        : [{ type: decision, status: 'True', lastUpdateTime: formatTime(NOW - 5 * MINUTE) }],
  },
});

const approved = request('Approved');
const issued = { ...approved, status: { ...approved.status, certificate: 'PEM' } };

it.each<[string, CertificateSigningRequest, number | undefined, number]>([
  ['pending', request(), undefined, 24 * 60 - 10],
  ['approved, and not yet signed', request('Approved'), undefined, Infinity],
  ['judged by somebody else', request('Waiting'), undefined, Infinity],
  ['issued', issued, NOW + 90 * MINUTE, 55],
  ['denied', request('Denied'), undefined, 55],
  ['failed', request('Failed'), undefined, 55],
  ['issued for a short time', issued, NOW + MINUTE, 1],
  ['issued and expired', issued, NOW - MINUTE, -1],
])('a request that is %s', (_, ...[of, end, minutes]) => {
  expect(timeLeftMs(of, NOW, end) / MINUTE).toBe(minutes);
});
