import type { Node, Pod } from '../../api/types/core-v1.ts';
import { command } from '../command.ts';
import { attachOrLog, podWhen, statusOf } from '../pods/attach-or-log.ts';
import { locate, visitLive } from '../resource/builder.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { debugCopy } from './copy.ts';
import { debugEphemeral } from './ephemeral.ts';
import { debugNode } from './node.ts';
import { profileNamed } from './profiles.ts';
import { debugFlags, type Debugged, type DebugLine, type DebugRequest } from './request.ts';

export const debug = command({
  usage: '(POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]',
  flags: debugFlags,
  async run(session, line) {
    const { words, flags, given, wordsBeforeDash = words.length } = line;
    const [names, args] = [words.slice(0, wordsBeforeDash), words.slice(wordsBeforeDash)];
    const attaches = given.has('attach') ? flags.attach : flags.stdin;
    profileNamed(flags.profile);
    check(session, line, { names, args });
    const found = await locate(session, {
      words: names.map((name) => (name.includes('/') ? name : `pods/${name}`)),
      filename: flags.filename,
    });
    let code = 0;
    const failed = await visitLive(session, found, async (located, live) => {
      const request: DebugRequest = { session, line, args };
      const made = await containerFor(request, located.type.kind, live as Pod | Node);
      if (!attaches || made.container === '') return;
      code = await talk(session, made, flags);
    });
    return failed || code;
  },
});

function containerFor(request: DebugRequest, kind: string, live: Pod | Node): Promise<Debugged> {
  if (kind === 'Node') return debugNode(request, live as Node);
  if (kind !== 'Pod') throw new UsageError(`"${kind}" not supported by debug`);
  const pod = live as Pod;
  const copies = request.line.flags['copy-to'] !== '';
  return copies ? debugCopy(request, pod) : debugEphemeral(request, pod);
}

const policies = ['', 'Always', 'IfNotPresent', 'Never'];

function check(
  session: Session,
  { flags, given }: DebugLine,
  { names, args }: { readonly names: readonly string[]; readonly args: readonly string[] },
): void {
  const { image, container } = flags;
  if (given.has('attach') && flags.attach && image === '' && container === '') {
    throw new UsageError(
      'you must specify --container or create a new container using --image in order to attach.',
    );
  }
  if (flags['copy-to'] !== '') checkCopy(flags, args);
  else {
    for (const name of ['replace', 'same-node', 'set-image'] as const) {
      const value = flags[name];
      const on = Array.isArray(value) ? value.length > 0 : value === true;
      if (on) throw new UsageError(`--${name} may only be used with --copy-to.`);
    }
    if (image === '') throw new UsageError('you must specify --image when not using --copy-to.');
  }
  if (names.length === 0 && flags.filename.length === 0) {
    throw new UsageError('NAME or filename is required for debug');
  }
  if (!policies.includes(flags['image-pull-policy'])) {
    throw new UsageError(`invalid image pull policy: ${flags['image-pull-policy']}`);
  }
  if (flags.target !== '') {
    if (flags['copy-to'] !== '') {
      throw new UsageError(
        '--target is incompatible with --copy-to. Use --share-processes instead.',
      );
    }
    if (!flags.quiet) {
      session.print(
        `Targeting container "${flags.target}". If you don't see processes from this container ` +
          "it may be because the container runtime doesn't support this feature.",
      );
    }
  }
  if (flags.tty && !flags.stdin) {
    throw new UsageError('-i/--stdin is required for containers with -t/--tty=true');
  }
  if (flags.profile === 'legacy') {
    session.complain(
      '--profile=legacy is deprecated and will be removed in the future. It is recommended to ' +
        'explicitly specify a profile, for example "--profile=general".',
    );
  }
}

function checkCopy(flags: DebugLine['flags'], args: readonly string[]): void {
  if (flags.image === '' && flags['set-image'].length === 0 && args.length === 0) {
    throw new UsageError('you must specify --image, --set-image or command arguments.');
  }
  if (args.length > 0 && flags.container === '' && flags.image === '') {
    throw new UsageError(
      'you must specify an existing container or a new image when specifying args.',
    );
  }
}

async function talk(
  session: Session,
  { pod, container }: Debugged,
  flags: DebugLine['flags'],
): Promise<number> {
  const type = (await session.resources()).ofKind('v1', 'Pod')!;
  const { name = '', namespace } = pod.metadata;
  const running = await podWhen(
    session,
    { type, namespace, name },
    {
      limitMs: 0,
      reached: (seen) => {
        const state = statusOf(seen, container)?.state;
        return state?.running !== undefined || state?.terminated !== undefined;
      },
    },
  );
  const spec = [
    ...running.spec.containers,
    ...(running.spec.initContainers ?? []),
    ...(running.spec.ephemeralContainers ?? []),
  ].find((one) => one.name === container)!;
  return attachOrLog(session, running, { container: spec, flags });
}
