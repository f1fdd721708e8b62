import { MAX_NODE_SCORE, type PreScorePlugin, type ScorePlugin } from '../framework/interface.ts';
import { stateKey } from '../framework/cycle-state.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { skip } from '../framework/status.ts';

const MEBIBYTE = 1024 * 1024;
/** Below this an image is pulled so fast that it does not matter where it is. */
const minBytes = 23 * MEBIBYTE;
const maxBytesPerContainer = 1000 * MEBIBYTE;

const imagesKey = stateKey<readonly string[]>('ImageLocality');

/** As nodes report it: with a tag. A port in the registry's name is none. */
function normalizedImage(image: string): string {
  return image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`;
}

function* containersOf({ spec }: Pod) {
  yield* spec.initContainers ?? [];
  yield* spec.containers;
}

function imagesOf(pod: Pod): readonly string[] {
  const images: string[] = [];
  for (const { image } of containersOf(pod)) if (image) images.push(normalizedImage(image));
  return images;
}

/**
 * Prefers nodes that have the pod's images: the more bytes, the better. An image counts in
 * proportion to the nodes that have it, so that few nodes with an image do not get all its pods.
 */
export const imageLocality: PreScorePlugin & ScorePlugin = {
  name: 'ImageLocality',
  preScore({ pod: { pod }, state, cluster }) {
    const images = imagesOf(pod);
    if (!images.some((image) => cluster.nodesWithImage(image) > 0)) return skip;
    state.write(imagesKey, images);
    return undefined;
  },
  score({ pod: { pod }, state, cluster, nodes }, { images }) {
    // A profile may leave PreScore out: kube-scheduler's plugin has none.
    const wanted = state.read(imagesKey) ?? imagesOf(pod);
    let bytes = 0;
    for (const image of wanted) {
      const size = images.get(image);
      if (size !== undefined)
        bytes += Math.floor((size * cluster.nodesWithImage(image)) / nodes.length);
    }
    const maxBytes = maxBytesPerContainer * wanted.length;
    const counted = Math.min(Math.max(bytes, minBytes), maxBytes);
    return Math.floor((MAX_NODE_SCORE * (counted - minBytes)) / (maxBytes - minBytes));
  },
};
