/** What the `set` commands share: the pod template of workloads is changed and sent as a patch. */
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import type { PodSpec } from '../../api/types/core-v1.ts';
import { StatusError } from '../../api/status.ts';
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
import type { Located } from '../resource/located.ts';
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
  /** What comes before the reason when the server refuses. */
  readonly refused: string;
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
      const { resource, kind, version } = located.type;
      throw new UsageError(
        `${resource}/${located.name} the object is not a pod or does not have a pod template: ` +
          `*${version}.${kind}`,
      );
    }
    const after = withPodSpec(live, path, (spec) => request.change(spec, located));
    if (flags.local) return printer.print(located, operation, after);
    const fieldManager = flags['field-manager'];
    const change = { before: live, after, dryRun, fieldManager };
    const sent = await sendChange(session, located, change).catch((error: unknown) => {
      if (!(error instanceof StatusError)) throw error;
      throw new UsageError(`${request.refused} ${error.message}`);
    });
    if (sent !== undefined) printer.print(located, operation, sent);
  };
  if (flags.local) return visit(session, found, (located) => each(located, located.object!));
  return visitLive(session, found, each);
}
