/** What this program says it is: the version of Kubernetes whose kubectl it follows. */
export const clientVersion = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.0+wherry',
  platform: 'node',
} as const;

/** The release of Kustomize whose fields `-k` knows: that of kubectl 1.34. */
export const KUSTOMIZE_VERSION = 'v5.7.1';
