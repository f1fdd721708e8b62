import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Message, MessageBody } from '../raft/message.ts';
import { decodeMessage, encodeMessage } from './message-codec.ts';

const index = fc.nat({ max: 2 ** 40 });
const type = fc.constantFrom('normal' as const, 'configuration' as const, 'cluster' as const);
const data = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const proposal = fc.record({ type, data });
const of = <T extends MessageBody['type'], F extends object>(name: T, fields: F) =>
  ({ type: name, ...fields }) as const;

const body: fc.Arbitrary<MessageBody> = fc.oneof(
  fc.tuple(index, index).map(([lastIndex, lastTerm]) => of('preVote', { lastIndex, lastTerm })),
  fc.tuple(index, index).map(([lastIndex, lastTerm]) => of('vote', { lastIndex, lastTerm })),
  index.map((lastIndex) => of('vote', { lastIndex, lastTerm: 1, force: true as const })),
  fc.boolean().map((granted) => of('preVoteResponse', { granted })),
  fc.boolean().map((granted) => of('voteResponse', { granted })),
  fc
    .tuple(index, fc.array(fc.tuple(index, proposal), { maxLength: 5 }))
    .map(([previousIndex, entries]) =>
      of('append', {
        ...{ previousIndex, previousTerm: 7, commit: 3 },
        entries: entries.map(([term, each], i) => ({
          term,
          index: previousIndex + 1 + i,
          ...each,
        })),
      }),
    ),
  index.map((at) => of('appendResponse', { index: at })),
  index.map((at) => of('appendResponse', { index: at, rejected: { hintIndex: 4, hintTerm: 2 } })),
  index.map((at) => of('snapshot', { point: { index: at, term: 2 } })),
  index.map((at) => of('commit', { point: { index: at, term: 2 } })),
  index.map((commit) => of('heartbeat', { commit })),
  index.map((commit) => of('heartbeat', { commit, readContext: commit + 1 })),
  fc.constant(of('heartbeatResponse', {})),
  index.map((context) => of('readIndex', { context })),
  index.map((context) => of('readIndexResponse', { context, index: 9 })),
  fc.array(proposal, { maxLength: 4 }).map((proposals) => of('propose', { proposals })),
  fc.constant(of('timeoutNow', {})),
);

it('gives back every message', () => {
  const id = fc.bigInt(0n, 2n ** 64n - 1n).map(String);
  fc.assert(
    fc.property(body, fc.record({ from: id, to: id, term: index }), (each, header) => {
      const message: Message = { ...each, ...header };
      expect(decodeMessage(encodeMessage(message))).toEqual(message);
    }),
  );
});
