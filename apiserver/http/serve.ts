import { watchClock } from '../../platform/clock-watch.ts';
import type { Effects } from '../../platform/effects.ts';
import type { TlsMaterial } from '../../platform/net/http-server.ts';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import { rotateTls } from '../../platform/crypto/tls-rotation.ts';
import { type HttpsOptions, listen } from './listen.ts';

export interface ServeOptions extends HttpsOptions, Pick<Effects, 'clock' | 'logger'> {
  /** What {@link HttpsOptions.tls} is to be by now: asked regularly, and when the clock jumped. */
  readonly next: () => Promise<TlsMaterial>;
}

/** Serves a handler over HTTPS, with certificates that are renewed. Resolves with the port. */
export async function serve(options: ServeOptions, parts: Lifecycle): Promise<number> {
  const { clock, logger, tls: current, next } = options;
  const { port, renew: replace } = await parts.start(() => listen(options));
  const { check } = await parts.start(() => rotateTls({ clock, logger, current, next, replace }));
  await parts.start(() => watchClock({ clock, logger, onJump: () => void check() }));
  return port;
}
