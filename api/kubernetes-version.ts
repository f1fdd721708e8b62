/** The Kubernetes version whose API is served. kubectl warns when its own is too far from it. */
export const KUBERNETES_VERSION = 'v1.34.0';

/** GET /version. The build fields name what Kubernetes names; we have no Go build to report. */
export const versionDocument = {
  major: '1',
  minor: '34',
  emulationMajor: '1',
  emulationMinor: '34',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '33',
  gitVersion: `${KUBERNETES_VERSION}+wherry`,
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: '',
} as const;
