import type {
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
} from '../../api/types/authorization-v1.ts';
import { command } from '../command.ts';
import { boolean, text } from '../flags/flag.ts';
import type { DiscoveredResource } from '../resource/discover.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { printRules } from './rules.ts';

const knownVerbs = [
  ...['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', 'use'],
  ...['bind', 'impersonate', '*', 'approve', 'sign', 'escalate', 'attest', 'proxy'],
];
const nonResourceVerbs = ['get', 'put', 'post', 'head', 'options', 'delete', 'patch', '*'];

export const canI = command({
  usage: 'VERB [TYPE | TYPE/NAME | NONRESOURCEURL] [options]',
  flags: {
    'all-namespaces': boolean('Check in all namespaces', { shorthand: 'A' }),
    list: boolean('Print all allowed actions'),
    'no-headers': boolean('Print no headers'),
    quiet: boolean('Print nothing: the exit code says it', { shorthand: 'q' }),
    subresource: text('A subresource, as log or scale'),
  },
  async run(session, { words, flags }) {
    const namespace = flags['all-namespaces'] ? '' : session.namespace;
    if (flags.list) {
      if (flags.quiet) throw new UsageError('you cannot specify --list and --quiet together');
      if (words.length > 0) throw new UsageError(`list option must be specified with no arguments`);
      return listRules(session, namespace, flags['no-headers']);
    }
    const spec = await reviewSpec(session, words, { ...flags, namespace });
    const review = (await session.api.send({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        metadata: {},
        spec,
      },
    })) as SelfSubjectAccessReview;
    const { allowed = false, reason, evaluationError } = review.status ?? {};
    if (!flags.quiet) {
      const why = [reason, evaluationError].filter((part) => part);
      session.print(allowed ? 'yes' : ['no', ...why].join(' - '));
    }
    return allowed ? 0 : 1;
  },
});

async function reviewSpec(
  session: Session,
  words: readonly string[],
  asked: { readonly namespace: string; readonly subresource: string; readonly quiet: boolean },
): Promise<object> {
  const [verb, target] = words;
  if (words.length !== 2 || verb === undefined || target === undefined) {
    throw new UsageError(
      'you must specify two arguments: verb resource or verb resource/resourceName.\n' +
        "See 'kubectl-lite auth can-i -h' for help and examples.",
    );
  }
  if (target.startsWith('/')) {
    if (asked.subresource !== '') {
      throw new UsageError('--subresource can not be used with NonResourceURL');
    }
    if (!nonResourceVerbs.includes(verb)) warn(session, `verb '${verb}' is not a known verb`);
    return { nonResourceAttributes: { verb, path: target } };
  }
  const slash = target.indexOf('/');
  const word = slash < 0 ? target : target.slice(0, slash);
  const name = slash < 0 ? '' : target.slice(slash + 1);
  const type = await typeNamed(session, word);
  if (!knownVerbs.includes(verb)) warn(session, `verb '${verb}' is not a known verb`);
  if (type !== undefined && !type.namespaced && asked.namespace !== '') {
    const group = type.group === '' ? '' : ` in group '${type.group}'`;
    warn(session, `resource '${type.resource}' is not namespace scoped${group}`);
  }
  return {
    resourceAttributes: {
      namespace: asked.namespace,
      verb,
      ...resourceOf(word, type),
      subresource: asked.subresource,
      name,
    },
  };
}

/** "pods", "deployments.apps"; a name that no server serves is asked about as it is. */
function resourceOf(word: string, type: DiscoveredResource | undefined): object {
  if (type !== undefined) {
    return { group: type.group, resource: type.resource };
  }
  const [resource = '', ...group] = word.split('.');
  return { group: group.join('.'), resource };
}

async function typeNamed(session: Session, word: string): Promise<DiscoveredResource | undefined> {
  if (word === '*') return undefined;
  try {
    return (await session.resources()).find(word);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const [resource = '', ...group] = word.split('.');
    const where = group.length === 0 ? '' : ` in group '${group.join('.')}'`;
    warn(session, `the server doesn't have a resource type '${resource}'${where}`);
    return undefined;
  }
}

const warn = (session: Session, text: string): void => session.complain(`Warning: ${text}\n`);

async function listRules(session: Session, namespace: string, noHeaders: boolean): Promise<number> {
  const review = (await session.api.send({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      metadata: {},
      spec: { namespace },
    },
  })) as SelfSubjectRulesReview;
  if (review.status?.incomplete) {
    session.complain(
      `warning: the list may be incomplete: ${review.status.evaluationError ?? ''}`.trimEnd(),
    );
  }
  printRules(session, review, noHeaders);
  return 0;
}
