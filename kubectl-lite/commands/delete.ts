import { isStatus } from '../../api/status.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { sleep } from '../../platform/clock.ts';
import { failureText } from '../failure.ts';
import { placeOf, readManifest } from '../manifest/manifest.ts';
import { type DiscoveredResource, pathOf, targetsOf, UsageError } from '../resources.ts';
import type { Session } from '../session.ts';
import { withNamespace } from './apply.ts';

export interface DeleteCommandOptions {
  readonly filename: readonly string[];
  readonly recursive: boolean;
  readonly namespace?: string;
  readonly all: boolean;
  readonly selector?: string;
  readonly allNamespaces: boolean;
  readonly cascade: string;
  readonly gracePeriod?: number;
  readonly force: boolean;
  readonly wait: boolean;
  readonly ignoreNotFound: boolean;
}

interface Victim {
  readonly type: DiscoveredResource;
  readonly name: string;
  readonly namespace: string | undefined;
  /** Where the object was named, for errors. */
  readonly place?: string;
}

const propagation: Readonly<Record<string, string>> = {
  background: 'Background',
  foreground: 'Foreground',
  orphan: 'Orphan',
};
/** How often a deletion that waits looks whether the object is gone. */
const pollMs = 100;

/** Deletes what names, selectors or manifests name, and waits until it is gone. */
export async function remove(
  session: Session,
  words: readonly string[],
  options: DeleteCommandOptions,
): Promise<number> {
  if (propagation[options.cascade] === undefined) {
    throw new UsageError(
      `error: invalid cascade value (${options.cascade}). Must be "background", "foreground", or "orphan"`,
    );
  }
  const victims =
    options.filename.length > 0
      ? await fromManifests(session, options)
      : await fromWords(session, words, options);
  let failed = false;
  const waiting: { victim: Victim; uid: string }[] = [];
  for (const victim of victims) {
    try {
      const uid = await removeOne(session, victim, options);
      if (uid !== undefined) waiting.push({ victim, uid });
    } catch (error) {
      if (isStatus(error, 'NotFound') && options.ignoreNotFound) continue;
      failed = true;
      const about = victim.place === undefined ? undefined : `error when deleting ${victim.place}`;
      session.output.err(`${failureText(error, about)}\n`);
    }
  }
  if (victims.length === 0 && !failed) session.print('No resources found');
  if (options.wait) for (const { victim, uid } of waiting) await untilGone(session, victim, uid);
  return failed ? 1 : 0;
}

async function fromManifests(session: Session, options: DeleteCommandOptions): Promise<Victim[]> {
  const { documents, failures } = await readManifest(
    session.files,
    options.filename,
    options.recursive,
  );
  if (failures.length > 0) throw new UsageError(`error: ${failures[0]!.message}`);
  const resources = await session.resources();
  return documents.map((document) => {
    const type = resources.ofKind(document.object.apiVersion, document.object.kind);
    const place = placeOf(document);
    if (type === undefined) {
      const { kind, apiVersion } = document.object;
      throw new UsageError(
        `error: ${place}: no matches for kind "${kind}" in version "${apiVersion}"`,
      );
    }
    const { metadata } = withNamespace(document.object, type, {
      required: options.namespace,
      fallback: session.namespace,
    });
    return { type, name: metadata.name ?? '', namespace: metadata.namespace, place };
  });
}

async function fromWords(
  session: Session,
  words: readonly string[],
  options: DeleteCommandOptions,
): Promise<Victim[]> {
  const targets = targetsOf(await session.resources(), words);
  const victims: Victim[] = [];
  for (const { type, name } of targets) {
    if (name !== undefined) {
      victims.push({ type, name, namespace: session.namespace });
      continue;
    }
    if (!options.all && options.selector === undefined) {
      throw new UsageError('error: resource(s) were provided, but no name was specified');
    }
    const namespace = options.allNamespaces ? undefined : session.namespace;
    const list = (await session.api.send({
      method: 'GET',
      path: pathOf(type, namespace),
      query: { labelSelector: options.selector },
    })) as { items: KubernetesObject[] };
    for (const { metadata } of list.items) {
      victims.push({ type, name: metadata.name ?? '', namespace: metadata.namespace });
    }
  }
  return victims;
}

/** The uid to wait for, or undefined if the object is gone already. */
async function removeOne(
  session: Session,
  victim: Victim,
  options: DeleteCommandOptions,
): Promise<string | undefined> {
  const grace = options.force ? 0 : options.gracePeriod;
  const answer = (await session.api.send({
    method: 'DELETE',
    path: pathOf(victim.type, victim.namespace, victim.name),
    body: {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: propagation[options.cascade],
      ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    },
  })) as { kind?: string; metadata?: { uid?: string }; details?: { uid?: string } };
  const group = victim.type.group === '' ? '' : `.${victim.type.group}`;
  const verb = options.force ? 'force deleted' : 'deleted';
  session.print(`${victim.type.singular}${group} ${JSON.stringify(victim.name)} ${verb}`);
  return answer.kind === 'Status' ? answer.details?.uid : answer.metadata?.uid;
}

async function untilGone(session: Session, victim: Victim, uid: string): Promise<void> {
  const path = pathOf(victim.type, victim.namespace, victim.name);
  while (!session.signal.aborted) {
    try {
      const live = (await session.api.send({ method: 'GET', path })) as KubernetesObject;
      if (live.metadata.uid !== uid) return;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return;
      throw error;
    }
    await sleep(session.clock, pollMs, session.signal);
  }
}
