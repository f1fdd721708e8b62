/** What the `set` commands share: the pod template of workloads is changed and sent as a patch. */
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import type { Container, PodSpec } from '../../api/types/core-v1.ts';
import { boolean } from '../flags/flag.ts';
import { ChangePrinter, dryRunOf, outputFlags } from '../printers/change-printer.ts';
import type { FormatFlags } from '../printers/printer.ts';
import { type BuilderRequest, locate, visit, visitLive } from '../resource/builder.ts';
import {
  allNamespacesFlag,
  dryRunFlag,
  fieldManagerFlag,
  filenameFlags,
  selectorFlag,
} from '../resource/flags.ts';
import { type Located, titleOf } from '../resource/located.ts';
import { sendChange } from '../resource/patch.ts';
import { podSpecPath, withPodSpec } from '../resource/pod-spec.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export const setFlags = {
  ...filenameFlags,
  ...selectorFlag,
  ...allNamespacesFlag,
  ...dryRunFlag,
  ...outputFlags,
  ...fieldManagerFlag('kubectl-set'),
  all: boolean('All objects of the types named'),
  local: boolean('Change the manifests given by -f, and ask no server'),
} as const;

export interface SetRequest {
  readonly builder: BuilderRequest;
  readonly flags: FormatFlags & {
    readonly 'dry-run': string;
    readonly 'field-manager': string;
    readonly local: boolean;
  };
  /** "image updated" */
  readonly operation: string;
  /** Changes the spec; may throw a UsageError. */
  change(spec: Mutable<PodSpec>, located: Located): void;
}

export async function setOnPodSpecs(session: Session, request: SetRequest): Promise<number> {
  const { flags, operation } = request;
  const dryRun = dryRunOf(flags);
  const printer = await ChangePrinter.of(session, flags, flags.local ? 'none' : dryRun);
  const found = await locate(session, request.builder);
  const each = async (located: Located, live: KubernetesObject): Promise<void> => {
    const path = podSpecPath(live);
    if (path === undefined) {
      throw new UsageError(`${titleOf(located)} has no pod template`);
    }
    const after = withPodSpec(live, path, (spec) => request.change(spec, located));
    if (flags.local) return printer.print(located, operation, after);
    const sent = await sendChange(session, located, {
      before: live,
      after,
      dryRun,
      fieldManager: flags['field-manager'],
    });
    if (sent !== undefined) printer.print(located, operation, sent);
  };
  if (flags.local) return visit(session, found, (located) => each(located, located.object!));
  return visitLive(session, found, each);
}

/** The containers that `pattern` names: a name, or wildcards ("*", "web-*"). */
export function containersNamed(spec: Mutable<PodSpec>, pattern: string): Mutable<Container>[] {
  const expression = new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  return all.filter((container) => expression.test(container.name));
}
