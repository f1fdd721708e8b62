/**
 * How the image of a simulated container arrives. There are no registries, so every image is there
 * unless the pod's user declares otherwise:
 *
 *   wherry.io/missing-images: nginx:1.161, registry.example.org/*   # a last * stands for anything
 *
 * It is tried again as the kubelet does, and the annotation counts as it is then. Events, reasons
 * and messages are the kubelet's (pkg/kubelet/images) and containerd's.
 */
import type { Container, Pod } from '../../api/types/core-v1.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import { imageName } from '../node-images.ts';
import type { ContainerRequest } from '../runtime.ts';

const NAME = 'wherry.io/missing-images';
/** The kubelet's backoff between two pulls. */
const PULL_AGAIN_MS = { least: 10_000, most: 300_000 };
/** After a failed pull, until the kubelet looks at the pod again. */
const LOOK_AGAIN_MS = 1000;

export function isMissing({ metadata: { annotations } }: Pod, { name, image }: Container): boolean {
  const told = annotations?.[`${name}.${NAME}`] ?? annotations?.[NAME];
  if (told === undefined || image === undefined) return false;
  return told.split(',').some((each) => {
    const pattern = each.trim();
    return pattern.endsWith('*') ? image.startsWith(pattern.slice(0, -1)) : image === pattern;
  });
}

export interface PullOptions {
  readonly clock: Clock;
  /** Of an image that is there. */
  readonly takesMs: number;
}

/** Calls `arrived` once the image is there, never at once, unless the timer is cancelled. */
export function pullImage(
  { container, listener, pod, latest = () => pod }: ContainerRequest,
  { clock, takesMs }: PullOptions,
  arrived: (pullMs: number) => void,
): Timer {
  const { image = '', imagePullPolicy } = container;
  let waitMs = PULL_AGAIN_MS.least;
  let next: Timer | undefined;
  const fail = (reason: string, message: string): void =>
    listener.waiting({ reason, message, event: reason });
  const pull = (): void => {
    const isThere = !isMissing(latest(), container);
    if (!isThere && imagePullPolicy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      listener.event({ type: 'Warning', reason: 'ErrImageNeverPull', message });
      fail('ErrImageNeverPull', message);
      next = clock.after(waitMs, pull);
      return;
    }
    listener.pulling();
    if (isThere) next = clock.after(takesMs, () => arrived(takesMs));
    else notFound();
  };
  const notFound = (): void => {
    const full = imageName(image);
    const why =
      `rpc error: code = NotFound desc = failed to pull and unpack image "${full}": ` +
      `failed to resolve reference "${full}": ${full}: not found`;
    const message = `Failed to pull image "${image}": ${why}`;
    listener.event({ type: 'Warning', reason: 'Failed', message });
    fail('ErrImagePull', why);
    next = clock.after(LOOK_AGAIN_MS, () => backOff(why));
  };
  const backOff = (why: string): void => {
    const message = `Back-off pulling image "${image}"`;
    listener.event({ type: 'Normal', reason: 'BackOff', message });
    fail('ImagePullBackOff', `${message}: ErrImagePull: ${why}`);
    next = clock.after(waitMs - LOOK_AGAIN_MS, pull);
    waitMs = Math.min(2 * waitMs, PULL_AGAIN_MS.most);
  };
  pull();
  return { cancel: () => next?.cancel() };
}
