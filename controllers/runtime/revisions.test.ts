import { describe, expect, it } from 'vitest';
import type { ControllerRevision } from '../../api/types/apps-v1.ts';
import {
  dataHash,
  expiredRevisions,
  newRevision,
  planRevision,
  revisionData,
  templateOf,
} from './revisions.ts';

const owner = (image: string) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { namespace: 'd', name: 'db', uid: 'u', annotations: { why: 'because' } },
  spec: { template: { spec: { containers: [{ name: 'c', image }] } } },
});
const options = { label: 'hash', of: dataHash };
const history = (...images: string[]): ControllerRevision[] =>
  images.map((image, i) => newRevision(owner(image), i + 1, options));

describe('the history of a template', () => {
  it('begins and grows with each template that is new', () => {
    const first = planRevision(owner('a'), [], options);
    expect(first).toMatchObject({ type: 'create', draft: { revision: 1 } });
    expect(planRevision(owner('b'), history('a'), options)).toMatchObject({
      type: 'create',
      draft: { revision: 2, metadata: { annotations: { why: 'because' } } },
    });
  });

  it('has each template once', () => {
    const known = history('a', 'b');
    expect(planRevision(owner('b'), known, options)).toEqual({ type: 'none', current: known[1] });
    const back = planRevision(owner('a'), known, options);
    expect(back).toEqual({ type: 'renumber', from: known[0], revision: 3 });
  });

  it('is a patch that replaces the template', () => {
    const [revision] = history('a');
    expect(revision!.data).toMatchObject({ spec: { template: { $patch: 'replace' } } });
    // Go's order, whatever the template's.
    const template = { spec: { b: 1, a: [{ d: 1, c: 2 }] }, metadata: {} } as never;
    expect(JSON.stringify(revisionData(template))).toBe(
      '{"spec":{"template":{"$patch":"replace","metadata":{},"spec":{"a":[{"c":2,"d":1}],"b":1}}}}',
    );
    expect(templateOf(revision!)).toEqual(owner('a').spec.template);
    expect(revision!.metadata.name).toBe(`db-${revision!.metadata.labels!['hash']}`);
    const other = newRevision(owner('a'), 1, { ...options, collisionCount: 1 });
    expect(other.metadata.name).not.toBe(revision!.metadata.name);
  });

  it('keeps so many old ones, and those in use', () => {
    const known = history('a', 'b', 'c', 'd');
    expect(expiredRevisions(known, (revision) => revision === known[0], 2)).toEqual([known[1]]);
    expect(expiredRevisions(known, () => false, 5)).toEqual([]);
  });
});
