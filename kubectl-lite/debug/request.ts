import type { Pod } from '../../api/types/core-v1.ts';
import type { Line } from '../command.ts';
import { boolean, list, text } from '../flags/flag.ts';
import type { Session } from '../session.ts';

export const debugFlags = {
  'arguments-only': boolean('The words after -- are arguments, not the command'),
  attach: boolean('Wait for the container to run, and attach to it; with -i it is the default'),
  container: text('Name of the container for debugging', { shorthand: 'c' }),
  'copy-to': text('Debug a copy of the pod, of this name'),
  custom: text('A file with a part of a container that is merged over the profile'),
  env: list('Variables of the container: KEY=VALUE'),
  filename: list('A file that names what to debug', { shorthand: 'f' }),
  image: text('Image of the container for debugging'),
  'image-pull-policy': text('"Always", "IfNotPresent" or "Never"'),
  'keep-annotations': boolean('With --copy-to: the copy keeps the annotations'),
  'keep-init-containers': boolean('With --copy-to: the copy keeps the init containers', {
    on: true,
  }),
  'keep-labels': boolean('With --copy-to: the copy keeps the labels'),
  'keep-liveness': boolean('With --copy-to: the copy keeps its liveness probes'),
  'keep-readiness': boolean('With --copy-to: the copy keeps its readiness probes'),
  'keep-startup': boolean('With --copy-to: the copy keeps its startup probes'),
  profile: text('"legacy", "general", "baseline", "netadmin", "restricted" or "sysadmin"', {
    value: 'legacy',
  }),
  quiet: boolean('Print only what the container prints', { shorthand: 'q' }),
  replace: boolean('With --copy-to: delete the original pod'),
  'same-node': boolean('With --copy-to: the copy runs on the same node'),
  'set-image': list('With --copy-to: NAME=IMAGE of containers of the copy; "*" is all'),
  'share-processes': boolean('With --copy-to: containers see the processes of each other', {
    on: true,
  }),
  stdin: boolean('Keep standard input of the container open', { shorthand: 'i' }),
  target: text('For a container in the pod: whose processes it sees'),
  tty: boolean('Give the container a terminal', { shorthand: 't' }),
} as const;

export type DebugLine = Line<typeof debugFlags>;

/** A container to talk to. */
export interface Debugged {
  readonly pod: Pod;
  /** Empty if none was made. */
  readonly container: string;
}

export interface DebugRequest {
  readonly session: Session;
  readonly line: DebugLine;
  /** Words after "--". */
  readonly args: readonly string[];
}
