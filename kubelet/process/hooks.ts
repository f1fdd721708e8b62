import { sleep } from '../../platform/clock.ts';
import type { LifecycleHandler } from '../../api/types/core-v1.ts';
import { httpTarget, type ProbeActions } from '../probes/probe-check.ts';
import type { ContainerRequest } from '../runtime.ts';
import type { ProcessHost } from './process-host.ts';

/** Nobody reads a hook's answer. */
const MAX_ANSWER_BYTES = 10 * 1024 * 1024;

/** postStart and preStop of one run of a container. */
export class Hooks {
  readonly #host: ProcessHost;
  readonly #request: ContainerRequest;
  readonly #actions: ProbeActions;

  constructor(
    host: ProcessHost,
    request: ContainerRequest,
    { actions }: { readonly actions: ProbeActions },
  ) {
    this.#host = host;
    this.#request = request;
    this.#actions = actions;
  }

  /** Resolves with the reason if it failed: the container is then to be stopped. */
  async postStart(signal: AbortSignal): Promise<string | undefined> {
    return this.#run('PostStart', this.#request.container.lifecycle?.postStart, signal);
  }

  /** Its failure changes nothing. */
  async preStop(signal: AbortSignal): Promise<void> {
    await this.#run('PreStop', this.#request.container.lifecycle?.preStop, signal);
  }

  async #run(
    name: string,
    handler: LifecycleHandler | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (handler === undefined) return undefined;
    const why = await this.#carryOut(handler, signal).catch((error: Error) => error.message);
    if (why === undefined || signal.aborted) return undefined;
    const { id, listener } = this.#request;
    this.#host.logger.warn({ container: id, why }, `${name} hook failed`);
    // As the kubelet's, the event does not say why: that may be a secret.
    listener.event({
      type: 'Warning',
      reason: `Failed${name}Hook`,
      message: `${name}Hook failed`,
    });
    return why;
  }

  async #carryOut(handler: LifecycleHandler, signal: AbortSignal): Promise<string | undefined> {
    const { exec, httpGet, sleep: pause } = handler;
    if (exec !== undefined) {
      const { command = [] } = exec;
      const { exitCode, output } = await this.#actions.exec(command, signal);
      const said = output === '' ? '' : `: ${output}`;
      return exitCode === 0
        ? undefined
        : `command '${command.join(' ')}' exited with ${exitCode}${said}`;
    }
    if (httpGet !== undefined) {
      const { url, headers } = httpTarget(this.#request.container, httpGet, this.#actions);
      const request = {
        method: 'GET',
        url,
        headers,
        insecureSkipVerify: true,
        maxAnswerBytes: MAX_ANSWER_BYTES,
      };
      const { status } = await this.#actions.http.send({ ...request, signal });
      return status >= 200 && status < 400 ? undefined : `HTTP status ${status}`;
    }
    if (pause !== undefined) await sleep(this.#host.clock, pause.seconds * 1000, signal);
    return undefined;
  }
}
