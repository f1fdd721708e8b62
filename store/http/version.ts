/** The version a cluster of this minor release runs at: "3.6.14" → "3.6.0". */
export const clusterVersion = (version: string): string =>
  `${version.split('.').slice(0, 2).join('.')}.0`;
