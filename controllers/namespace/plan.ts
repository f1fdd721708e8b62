/** The conditions that tell why a namespace is still there. */
import { formatTime } from '../../api/time.ts';
import type { NamespaceCondition } from '../../api/types/core-v1.ts';

/** What is left in a namespace after everything was asked to go. */
export interface Remaining {
  /** "pods" or "deployments.apps" → how many. */
  readonly resources: ReadonlyMap<string, number>;
  /** Finalizer → on how many of them. */
  readonly finalizers: ReadonlyMap<string, number>;
  /** Why deleting failed, if it did. */
  readonly failures: readonly string[];
  /** "group/version" of those whose extension servers did not say what they have. */
  readonly unknown: ReadonlySet<string>;
}

interface Text {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

export function planConditions(
  old: readonly NamespaceCondition[],
  remaining: Remaining,
  nowMs: number,
): readonly NamespaceCondition[] {
  const texts = [
    discovery(remaining),
    parsed,
    contentFailure(remaining),
    content(remaining),
    finalizers(remaining),
  ];
  return texts.map((text) => {
    const current = old.find(({ type }) => type === text.type);
    if (current?.status === text.status && current.message === text.message) return current;
    const since = current?.status === text.status ? current.lastTransitionTime : undefined;
    return { ...text, lastTransitionTime: since ?? formatTime(nowMs) };
  });
}

function discovery({ unknown }: Remaining): Text {
  const type = 'NamespaceDeletionDiscoveryFailure';
  if (unknown.size === 0) {
    const message = 'All resources successfully discovered';
    return { type, status: 'False', reason: 'ResourcesDiscovered', message };
  }
  const list = [...unknown].sort().map((each) => `${each}: stale GroupVersion discovery: ${each}`);
  const message =
    `Discovery failed for some groups, ${unknown.size} failing: ` +
    `unable to retrieve the complete list of server APIs: ${list.join(', ')}`;
  return { type, status: 'True', reason: 'DiscoveryFailed', message };
}

/** The server refuses groups and versions that would not parse. */
const parsed: Text = {
  type: 'NamespaceDeletionGroupVersionParsingFailure',
  status: 'False',
  reason: 'ParsedGroupVersions',
  message: 'All legacy kube types successfully parsed',
};

function contentFailure({ failures }: Remaining): Text {
  const type = 'NamespaceDeletionContentFailure';
  if (failures.length > 0) {
    const list = failures.join(', ');
    const message = `Failed to delete all resource types, ${failures.length} remaining: ${list}`;
    return { type, status: 'True', reason: 'ContentDeletionFailed', message };
  }
  const message = 'All content successfully deleted, may be waiting on finalization';
  return { type, status: 'False', reason: 'ContentDeleted', message };
}

function content({ resources }: Remaining): Text {
  const type = 'NamespaceContentRemaining';
  if (resources.size === 0) {
    const message = 'All content successfully removed';
    return { type, status: 'False', reason: 'ContentRemoved', message };
  }
  // Kubernetes joins resource and group by a dot, also where the group has no name.
  const list = sorted(resources).map(
    ([name, count]) => `${name.includes('.') ? name : `${name}.`} has ${count} resource instances`,
  );
  const message = `Some resources are remaining: ${list.join(', ')}`;
  return { type, status: 'True', reason: 'SomeResourcesRemain', message };
}

function finalizers({ finalizers: found }: Remaining): Text {
  const type = 'NamespaceFinalizersRemaining';
  if (found.size === 0) {
    const message = 'All content-preserving finalizers finished';
    return { type, status: 'False', reason: 'ContentHasNoFinalizers', message };
  }
  const list = sorted(found).map(([name, count]) => `${name} in ${count} resource instances`);
  const message = `Some content in the namespace has finalizers remaining: ${list.join(', ')}`;
  return { type, status: 'True', reason: 'SomeFinalizersRemain', message };
}

const sorted = (counts: ReadonlyMap<string, number>): [string, number][] =>
  [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
