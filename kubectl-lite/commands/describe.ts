import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import { resourcePath } from '../../api/resource.ts';
import { events } from '../../api/resources.ts';
import type { Event } from '../../api/types/core-v1.ts';
import { describers } from '../describe/describers.ts';
import { describeEvents } from '../describe/events.ts';
import { describeAny } from '../describe/generic.ts';
import { DescriptionWriter } from '../describe/writer.ts';
import { command } from '../command.ts';
import { boolean, integer } from '../flags/flag.ts';
import { locate, visit } from '../resource/builder.ts';
import { allNamespacesFlag, filenameFlags, selectorFlag } from '../resource/flags.ts';
import { CHUNK_SIZE, listItems } from '../resource/list.ts';
import { itemOf, type Located, readLive } from '../resource/located.ts';
import { pathOf } from '../resource/resources.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export const describe = command({
  usage: '(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME) [options]',
  flags: {
    ...filenameFlags,
    ...selectorFlag,
    ...allNamespacesFlag,
    'chunk-size': integer('Objects per request; 0 asks for all at once', { value: CHUNK_SIZE }),
    'show-events': boolean('Show the events of the object', { on: true }),
  },
  async run(session, { words, flags }) {
    if (words.length === 0 && flags.filename.length === 0 && flags.kustomize === '') {
      throw new UsageError(
        'You must specify the type of resource to describe. Use "kubectl-lite api-resources" for ' +
          'a complete list of supported resources.',
      );
    }
    const found = await locate(session, { ...flags, words, all: true });
    let printed = 0;
    const code = await visit(session, found, async (located) => {
      const { objects, byPrefix } = await objectsOf(session, located, {
        prefixes: words.length === 2,
        limit: flags['chunk-size'],
      });
      for (const object of objects) {
        const text = await descriptionOf(session, located, {
          object,
          withEvents: flags['show-events'],
          limit: flags['chunk-size'],
        });
        if (byPrefix) session.print(text);
        else session.output.out(printed > 0 ? `\n\n${text}` : text);
        printed++;
      }
    });
    if (printed === 0 && code === 0) {
      const where = flags['all-namespaces'] ? '' : ` in ${session.namespace} namespace.`;
      session.complain(`No resources found${where}`);
    }
    return code;
  },
});

/** The object, or (`prefixes`) all whose names begin with what was given. */
async function objectsOf(
  session: Session,
  located: Located,
  { prefixes, limit }: { readonly prefixes: boolean; readonly limit: number },
): Promise<{ readonly objects: readonly KubernetesObject[]; readonly byPrefix: boolean }> {
  if (located.object !== undefined && located.place === undefined) {
    return { objects: [located.object], byPrefix: false };
  }
  try {
    return { objects: [await readLive(session, located)], byPrefix: false };
  } catch (error) {
    if (!prefixes || !isStatus(error, 'NotFound')) throw error;
    const items = await listItems(session, {
      path: pathOf(located.type, located.namespace),
      limit,
    });
    const near = items.filter((item) => item.metadata.name?.startsWith(located.name));
    if (near.length === 0) throw error;
    return { objects: near.map((item) => itemOf(located.type, item).object!), byPrefix: true };
  }
}

async function descriptionOf(
  session: Session,
  { type }: Located,
  {
    object,
    withEvents,
    limit,
  }: { readonly object: KubernetesObject; readonly withEvents: boolean; readonly limit: number },
): Promise<string> {
  const writer = new DescriptionWriter();
  const key = type.group === '' ? type.kind : `${type.kind}.${type.group}`;
  const describer = describers[key];
  if (describer === undefined) describeAny(writer, object);
  else await describer(writer, object as never, session);
  if (withEvents && !withoutEvents.includes(type.kind))
    await appendEvents(session, writer, { object, limit });
  return writer.text();
}

/** Kinds that kubectl shows no events of. */
const withoutEvents = [
  ...['Event', 'ResourceQuota', 'LimitRange', 'Secret', 'Namespace', 'NetworkPolicy'],
  ...['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'],
];

async function appendEvents(
  session: Session,
  writer: DescriptionWriter,
  { object, limit }: { readonly object: KubernetesObject; readonly limit: number },
): Promise<void> {
  const { name = '', namespace, uid = '' } = object.metadata;
  const about = (byUid: string): Promise<readonly Event[]> =>
    listItems<Event>(session, {
      path: resourcePath(events, namespace === undefined ? {} : { namespace }),
      limit,
      fieldSelector: `involvedObject.name=${name},involvedObject.kind=${object.kind}${byUid}`,
    });
  const found = await about(uid === '' ? '' : `,involvedObject.uid=${uid}`);
  // Kubelets write the node's name as its uid; kubectl lists those after the controllers'.
  const kubelets = object.kind === 'Node' ? await about(`,involvedObject.uid=${name}`) : [];
  describeEvents(writer, [...found, ...kubelets], session.clock.now());
}
