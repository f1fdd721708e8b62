/** What the domain name system says. The real twin is `platform/node/net/names.ts`. */
export interface ServiceRecord {
  readonly host: string;
  readonly port: number;
}

export interface Names {
  /** SRV records of `_etcd-client._tcp.example.com`, preferred ones first; rejects without any. */
  services(name: string): Promise<readonly ServiceRecord[]>;
  /** An IP address of a host, itself if it is one already; rejects if there is none. */
  address(host: string): Promise<string>;
}
