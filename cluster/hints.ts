/** What a cluster that is ready says of how to use it: every line works as it is printed. */
import { clusterPaths, DEFAULT_DATA_DIR } from './paths.ts';

/** In a checkout; a folder that the package is only installed into has none. */
export const EXAMPLE = 'examples/web.yaml';

interface Ready {
  readonly kubeconfig: string;
  /** "in another terminal" */
  readonly where: string | undefined;
  /** {@link EXAMPLE} is there. */
  readonly example: boolean;
}

const quoted = (path: string): string =>
  /^[\w./:@+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;

export function hints({ kubeconfig, where, example }: Ready): string {
  const found = kubeconfig === clusterPaths(DEFAULT_DATA_DIR).kubeconfig;
  const flag = found ? '' : ` --kubeconfig ${quoted(kubeconfig)}`;
  const what = example ? `apply -f ${EXAMPLE}` : 'create deployment web --image=nginx --replicas=3';
  const place = where === undefined ? 'Try' : `Try, ${where}`;
  return `Kubeconfig: ${kubeconfig}\n\n${place}:  npx kubectl-lite${flag} ${what}\n`;
}

/** Of a cluster in the background. */
export function stopHint(dataDir: string): string {
  const flag = dataDir === DEFAULT_DATA_DIR ? '' : ` --data-dir ${quoted(dataDir)}`;
  return `Stop with \`npx wherry down${flag}\`.\n`;
}
