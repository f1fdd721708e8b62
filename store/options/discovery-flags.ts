/** Flags of discovery: first members that find each other through DNS or a running store. */
import { boolean, list, milliseconds, type Row } from './flag-values.ts';

export interface DiscoveryFlags {
  readonly discoverySrv?: string;
  readonly discoverySrvName?: string;
  readonly discoveryToken?: string;
  readonly discoveryEndpoints: readonly string[];
  /** Milliseconds. */
  readonly discoveryRequestTimeout: number;
  readonly discoveryInsecureTransport: boolean;
  readonly discoveryInsecureSkipTlsVerify: boolean;
  readonly discoveryCert?: string;
  readonly discoveryKey?: string;
  readonly discoveryCacert?: string;
  /** `name`, or `name:password`. */
  readonly discoveryUser?: string;
  readonly discoveryPassword?: string;
}

export const discoveryRows: readonly Row[] = [
  { flags: '--discovery-srv <domain>', text: 'whose SRV records name every first member' },
  { flags: '--discovery-srv-name <name>', text: 'behind the service in the names of SRV records' },
  { flags: '--discovery-token <token>', text: 'of the new cluster, under which its members meet' },
  {
    flags: '--discovery-endpoints <endpoints>',
    text: 'of a running store or etcd, in which first members find each other',
    parse: list,
    fallback: [],
  },
  {
    flags: '--discovery-request-timeout <duration>',
    text: 'of one request there',
    parse: milliseconds,
    fallback: 5000,
    shown: '5s',
  },
  {
    flags: '--discovery-insecure-transport [true|false]',
    text: 'no TLS to endpoints without a scheme, if none of the files below is named',
    parse: boolean,
    fallback: true,
  },
  {
    flags: '--discovery-insecure-skip-tls-verify [true|false]',
    text: 'take any certificate there',
    parse: boolean,
    fallback: false,
  },
  { flags: '--discovery-cert <file>', text: 'certificate shown there' },
  { flags: '--discovery-key <file>', text: 'its key' },
  { flags: '--discovery-cacert <file>', text: 'whose certificates are trusted there' },
  { flags: '--discovery-user <name>', text: 'name, or name:password, of a user there' },
  { flags: '--discovery-password <password>', text: "that user's" },
];
