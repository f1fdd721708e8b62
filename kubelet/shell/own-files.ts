/** The files that a kubelet and a runtime put into every container. */
import type { Pod } from '../../api/types/core-v1.ts';
import type { Mount } from './container-files.ts';
import { MemoryFolder } from './memory-folder.ts';

interface Host {
  readonly hostname: string;
  readonly podIp: string;
  readonly atMs: number;
}

/** The folders that stand in every image with a shell. */
const folders = 'bin dev etc home proc root run sbin sys tmp usr usr/share var'.split(' ');

export function imageFolders(): MemoryFolder {
  const folder = new MemoryFolder();
  for (const name of folders) folder.makeFolder(name);
  return folder;
}

export function ownFiles(pod: Pod, host: Host): Mount[] {
  const texts: Record<string, string> = {
    '/etc/hostname': `${host.hostname}\n`,
    '/etc/hosts': hostsText(pod, host),
  };
  const resolve = resolvText(pod);
  if (resolve !== undefined) texts['/etc/resolv.conf'] = resolve;
  return Object.entries(texts).map(([path, text]) => {
    const file = { bytes: Buffer.from(text), mode: 0o644, atMs: host.atMs };
    const folder = Promise.resolve(new MemoryFolder([['file', file]]));
    return { path, subPath: 'file', readOnly: true, isTold: true, open: () => folder };
  });
}

/** As the kubelet manages it, with `spec.hostAliases`. */
function hostsText({ spec }: Pod, { hostname, podIp }: Host): string {
  const { subdomain, hostAliases = [] } = spec;
  const own = subdomain === undefined ? [hostname] : [`${hostname}.${subdomain}`, hostname];
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    [podIp, ...own].join('\t'),
  ];
  if (hostAliases.length > 0) lines.push('', '# Entries added by HostAliases.');
  for (const { ip, hostnames = [] } of hostAliases) lines.push([ip, ...hostnames].join('\t'));
  return `${lines.join('\n')}\n`;
}

/** What `spec.dnsConfig` says; without one there is none, for nothing here resolves names. */
function resolvText({ spec }: Pod): string | undefined {
  const { searches = [], nameservers = [], options = [] } = spec.dnsConfig ?? {};
  const settings = options.map(({ name, value }) => (value ? `${name}:${value}` : name));
  const lines = [
    ...(searches.length === 0 ? [] : [`search ${searches.join(' ')}`]),
    ...nameservers.map((address) => `nameserver ${address}`),
    ...(settings.length === 0 ? [] : [`options ${settings.join(' ')}`]),
  ];
  return lines.length === 0 ? undefined : `${lines.join('\n')}\n`;
}
