import type { CertificateAndKey } from '../../platform/crypto/x509.ts';

export interface KubeconfigOptions {
  /** "https://127.0.0.1:6443" */
  readonly server: string;
  /** PEM of the CA that signed the server's certificate. */
  readonly ca: string;
  readonly user: string;
  readonly client: CertificateAndKey;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A kubeconfig with one cluster, one user and one context, everything inside. YAML. */
export function kubeconfig({ server, ca, user, client }: KubeconfigOptions): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: wherry
  cluster:
    server: ${server}
    certificate-authority-data: ${base64(ca)}
users:
- name: ${user}
  user:
    client-certificate-data: ${base64(client.certificate)}
    client-key-data: ${base64(client.privateKey)}
contexts:
- name: wherry
  context:
    cluster: wherry
    user: ${user}
current-context: wherry
`;
}
