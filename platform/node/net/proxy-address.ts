/** Where a tunnel through a proxy ends. */
export interface TunnelTarget {
  readonly host: string;
  readonly port: number;
}

/** User and password of an address, as they were before they were written into it. */
export const proxyUser = ({ username, password }: URL): readonly [string, string] => [
  decodeURIComponent(username),
  decodeURIComponent(password),
];
