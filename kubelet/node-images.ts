import type { ContainerImage } from '../api/types/core-v1.ts';

/** As many as a node tells of (the kubelet's default for --node-status-max-images). */
const MAX_IMAGES = 50;

/** "docker.io/library/nginx:latest": the hollow runtime knows no digests. */
export function imageName(image: string): string {
  const [first = ''] = image.split('/');
  const hasRegistry = image.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  const full = hasRegistry
    ? image
    : `docker.io/${image.includes('/') ? image : `library/${image}`}`;
  return /[:@][^/]*$/.test(full) ? full : `${full}:latest`;
}

/**
 * The images that containers of a node have had, which stay where they are: nothing collects them.
 * They have no size, so that they decide nothing in scheduling.
 */
export class NodeImages {
  readonly #seen = new Set<string>();

  /** A container of that image is to run. */
  note(image: string): void {
    if (image !== '' && this.#seen.size < MAX_IMAGES) this.#seen.add(image);
  }

  /** `before`: what the node told last, perhaps of an earlier agent's. */
  told(before: readonly ContainerImage[] = []): readonly ContainerImage[] {
    const known = new Set(before.flatMap(({ names }) => names ?? []));
    const added = [...new Set([...this.#seen].map(imageName))].filter((name) => !known.has(name));
    const news = added.sort().map((name): ContainerImage => ({ names: [name] }));
    return [...before, ...news].slice(0, MAX_IMAGES);
  }
}
