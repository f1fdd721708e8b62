import { describe, expect, it } from 'vitest';
import { pods, namespaces } from '../api/resources.ts';
import { StatusError } from '../api/status.ts';
import { type HttpRequest, type HttpResponse, JsonValue } from '../platform/net/http.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import { createClient } from './rest.ts';

function recording(...answers: HttpResponse[]) {
  const requests: HttpRequest[] = [];
  const handler = async (request: HttpRequest): Promise<HttpResponse> => {
    requests.push(request);
    return answers.shift() ?? { status: 200, headers: {}, body: new JsonValue({}) };
  };
  return { requests, handler };
}

const describeRequest = (request: HttpRequest): string => {
  const query = request.query.toString();
  return `${request.method} ${request.path}${query === '' ? '' : `?${query}`}`;
};

const text = { 'content-type': 'text/plain; charset=utf-8' };
const draft = { metadata: { namespace: 'a' }, spec: { containers: [] } };

describe('createClient', () => {
  it('asks for the paths and queries of the API conventions', async () => {
    const { requests, handler } = recording();
    const client = createClient({ handler, userAgent: 'test' });
    await client.get(pods, { namespace: 'a', name: 'b' });
    await client.list(pods, { labelSelector: 'x=y', limit: 5, continue: 'c' });
    await client.update(namespaces, { metadata: { name: 'n' } } as never, {
      subresource: 'finalize',
    });
    await client.patch(
      pods,
      { namespace: 'a', name: 'b' },
      { type: 'application/merge-patch+json', body: {}, subresource: 'status', fieldManager: 'm' },
    );
    await client.createSubresource(
      pods,
      { namespace: 'a', name: 'b' },
      { subresource: 'binding', body: {} },
    );
    await client.deleteCollection(pods, { namespace: 'a' });
    expect(requests.map(describeRequest)).toEqual([
      'GET /api/v1/namespaces/a/pods/b',
      'GET /api/v1/pods?labelSelector=x%3Dy&limit=5&continue=c',
      'PUT /api/v1/namespaces/n/finalize',
      'PATCH /api/v1/namespaces/a/pods/b/status?fieldManager=m',
      'POST /api/v1/namespaces/a/pods/b/binding',
      'DELETE /api/v1/namespaces/a/pods',
    ]);
    expect(requests[3]!.headers['content-type']).toBe('application/merge-patch+json');
  });

  it('adds apiVersion and kind to what it creates', async () => {
    const { requests, handler } = recording();
    await createClient({ handler, userAgent: 'test' }).create(pods, {
      metadata: { namespace: 'a', generateName: 'b-' },
      spec: { containers: [] },
    });
    expect((requests[0]!.body as JsonValue).value).toMatchObject({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { generateName: 'b-' },
    });
  });

  it('sends who owns what with an object, but not with its status', async () => {
    const { requests, handler } = recording();
    const client = createClient({ handler, userAgent: 'test' });
    const managedFields = [{ manager: 'm' }];
    const metadata = { namespace: 'a', name: 'b', resourceVersion: '7', managedFields };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] } } as const;
    await client.update(pods, pod);
    await client.update(pods, pod, { subresource: 'status' });
    const sent = requests.map(({ body }) => (body as JsonValue).value);
    const { managedFields: _owners, ...others } = metadata;
    expect(sent).toEqual([pod, { ...pod, metadata: others }]);
    expect(pod.metadata.managedFields).toBe(managedFields);
  });

  it('passes a value of the same process on as it is', async () => {
    const value = { kind: 'Pod', metadata: { name: 'b' } };
    const { handler } = recording({ status: 200, headers: {}, body: new JsonValue(value) });
    const client = createClient({ handler, userAgent: 'test' });
    expect(await client.get(pods, { namespace: 'a', name: 'b' })).toBe(value);
  });

  it('fills in the kind that typed lists leave out of their items', async () => {
    const body = Buffer.from('{"kind":"PodList","metadata":{},"items":[{"metadata":{}}]}');
    const { handler } = recording({ status: 200, headers: {}, body });
    const { items } = await createClient({ handler, userAgent: 'test' }).list(pods);
    expect(items).toEqual([{ apiVersion: 'v1', kind: 'Pod', metadata: {} }]);
  });

  it('throws the Status of a refusal, and makes one for an answer without', async () => {
    const status = { kind: 'Status', reason: 'Conflict', message: 'no', code: 409 };
    const { handler } = recording(
      { status: 409, headers: {}, body: new JsonValue(status) },
      { status: 404, headers: text, body: Buffer.from('404 page not found\n') },
      { status: 502, headers: text, body: Buffer.from('bad gateway') },
    );
    const client = createClient({ handler, userAgent: 'test' });
    const failure = () => client.get(pods, { name: 'x' }).catch((error: unknown) => error);
    expect(await failure()).toMatchObject({ reason: 'Conflict', code: 409, message: 'no' });
    expect(await failure()).toMatchObject({ reason: 'NotFound', code: 404 });
    const last = await failure();
    expect(last).toBeInstanceOf(StatusError);
    expect(last).toMatchObject({ code: 502 });
    expect((last as StatusError).message).toContain('bad gateway');
  });

  it('sends again what the server postponed, after the time it asked for', async () => {
    const busy = { status: 429, headers: { 'retry-after': '2' } };
    const { requests, handler } = recording(busy, busy);
    const clock = new FakeClock();
    const client = createClient({ handler, userAgent: 'test', clock });
    const got = client.create(pods, draft);
    await clock.advance(1999);
    expect(requests).toHaveLength(1);
    await clock.advance(1);
    expect(requests).toHaveLength(2);
    await clock.advance(2000);
    await got;
    expect(requests).toHaveLength(3);
  });

  it('gives up on a server that postpones forever', async () => {
    const requests: HttpRequest[] = [];
    const handler = async (request: HttpRequest): Promise<HttpResponse> => {
      requests.push(request);
      return { status: 429, headers: { 'retry-after': '1' } };
    };
    const clock = new FakeClock();
    const got = createClient({ handler, userAgent: 'test', clock })
      .get(pods, { name: 'x' })
      .catch((error: unknown) => error);
    await clock.advance(60_000);
    expect(await got).toMatchObject({ reason: 'TooManyRequests' });
    expect(requests).toHaveLength(11);
  });

  it('does not repeat a create that failed in the server', async () => {
    const { requests, handler } = recording({ status: 503, headers: { 'retry-after': '1' } });
    const client = createClient({ handler, userAgent: 'test', clock: new FakeClock() });
    await expect(client.create(pods, draft)).rejects.toMatchObject({ code: 503 });
    expect(requests).toHaveLength(1);
  });
});
