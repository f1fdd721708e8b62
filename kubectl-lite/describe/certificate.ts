import type { CertificateRequestFacts } from '../../platform/crypto/x509.ts';
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.ts';
import { humanDuration } from '../../api/duration.ts';
import { goTime } from './go-time.ts';
import { type DescriptionWriter, inlineMap } from './writer.ts';

/** Of the subject only what the platform's reader gives: common name and organizations. */
export function describeSigningRequest(
  writer: DescriptionWriter,
  request: CertificateSigningRequest,
  facts: CertificateRequestFacts,
): void {
  const { metadata, spec } = request;
  writer.field(0, 'Name', metadata.name);
  writer.field(0, 'Labels', inlineMap(metadata.labels));
  writer.field(0, 'Annotations', inlineMap(metadata.annotations));
  writer.field(0, 'CreationTimestamp', goTime(metadata.creationTimestamp));
  writer.bare(0, 'Requesting User', spec.username);
  if (spec.signerName) writer.field(0, 'Signer', spec.signerName);
  if (spec.expirationSeconds !== undefined) {
    writer.field(0, 'Requested Duration', humanDuration(spec.expirationSeconds * 1000));
  }
  writer.field(0, 'Status', statusText(request));
  const { subject, names } = facts;
  writer.line(0, 'Subject:');
  writer.line(0, `\tCommon Name:\t${subject.commonName}`).line(0, '\tSerial Number:\t');
  describeList(writer, 'Organization', subject.organizations ?? []);
  const all = [...names.dnsNames, ...facts.emails, ...facts.uris, ...names.ipAddresses];
  if (all.length === 0) return;
  writer.line(0, 'Subject Alternative Names:');
  describeList(writer, 'DNS Names', names.dnsNames);
  describeList(writer, 'Email Addresses', facts.emails);
  describeList(writer, 'URIs', facts.uris);
  describeList(writer, 'IP Addresses', names.ipAddresses);
}

function describeList(writer: DescriptionWriter, title: string, values: readonly string[]): void {
  values.forEach((value, i) => writer.line(0, `\t${i === 0 ? `${title}:` : ''}\t${value}`));
}

function statusText({ status = {} }: CertificateSigningRequest): string {
  const has = (type: string): boolean => (status.conditions ?? []).some((c) => c.type === type);
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return decision + (has('Failed') ? ',Failed' : '') + (status.certificate ? ',Issued' : '');
}
