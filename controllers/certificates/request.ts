import type { CertificateSigningRequest } from '../../api/types/certificates-v1.ts';

export const pemOf = (base64: string): string => Buffer.from(base64, 'base64').toString();

export function hasCondition({ status }: CertificateSigningRequest, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type) ?? false;
}

export function isDecided(request: CertificateSigningRequest): boolean {
  return hasCondition(request, 'Approved') || hasCondition(request, 'Denied');
}
