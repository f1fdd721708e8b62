/**
 * Transcripts: each `testdata/*.txt` is a story of commands, and under `----` what the nodes
 * did. WHERRY_REWRITE=1 writes what they do now; review it as a diff.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RaftNetwork } from '../../test/model/raft-network.ts';
import type { Entry } from './entry.ts';
import type { Message } from './message.ts';
import type { Ready } from './raw-node.ts';

const folder = join(import.meta.dirname, 'testdata');

const textOf = (entry: Entry): string => {
  const data = Buffer.from(entry.data).toString().replaceAll('"', '');
  return `${entry.term}/${entry.index}${data === '' ? '' : ` "${data}"`}`;
};

function showMessage(message: Message): string {
  const { from, to, term, type, ...rest } = message;
  const fields = Object.entries(rest).map(([name, value]) => {
    if (name === 'entries') return `entries=[${(value as Entry[]).map(textOf).join(', ')}]`;
    if (name === 'proposals') return `proposals=${(value as unknown[]).length}`;
    return `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`;
  });
  return [`${from}->${to} ${type} term=${term}`, ...fields].join(' ');
}

function showReady(id: string, ready: Ready): string[] {
  const { hardState } = ready;
  const lines = [`${id} ready${ready.mustSync ? ' (sync)' : ''}:`];
  if (hardState !== undefined)
    lines.push(`  term=${hardState.term} vote=${hardState.vote} commit=${hardState.commit}`);
  if (ready.entries.length > 0) lines.push(`  persist ${ready.entries.map(textOf).join(', ')}`);
  for (const message of ready.messages) lines.push(`  send ${showMessage(message)}`);
  for (const message of ready.messagesAfterPersist)
    lines.push(`  then send ${showMessage(message)}`);
  if (ready.snapshot !== undefined)
    lines.push(`  install snapshot ${ready.snapshot.term}/${ready.snapshot.index}`);
  if (ready.committedEntries.length > 0)
    lines.push(`  apply ${ready.committedEntries.map(textOf).join(', ')}`);
  return lines;
}

class Story {
  network = new RaftNetwork(0);
  #context = 0;

  run(line: string): string[] {
    const [command, id = '', ...rest] = line.split(' ');
    switch (command) {
      case 'nodes':
        this.network = new RaftNetwork(Number(id), { preVote: rest[0] !== 'no-pre-vote' });
        return ['ok'];
      case 'campaign':
        this.network.peer(id).node.campaign();
        return this.#roles();
      case 'tick':
        for (let i = 0; i < Number(rest[0] ?? 1); i++) this.network.peer(id).node.tick();
        return this.#roles();
      case 'propose': {
        const data = Buffer.from(rest.join(' '));
        return [this.network.peer(id).node.propose([{ type: 'normal', data }])];
      }
      case 'read': {
        const asked = this.network.peer(id).node.readIndex(++this.#context);
        const states = this.network.peer(id).takeReads();
        const confirmed = states.map((state) => `confirmed at ${state.index}`);
        return confirmed.length > 0 ? confirmed : [asked ? 'asked' : 'nobody to ask'];
      }
      case 'handle': {
        const handled = this.network.handle(id);
        if (handled === undefined) return ['nothing'];
        this.network.send(handled.sent);
        return showReady(id, handled.ready);
      }
      case 'deliver': {
        const arriving = this.network.inFlight;
        this.network.inFlight = [];
        for (const message of arriving) this.network.deliver(message);
        return arriving.map(showMessage);
      }
      case 'settle': {
        const lines: string[] = [];
        this.network.settle({
          ready: (who, ready) => lines.push(...showReady(who, ready)),
          message: (message) => lines.push(`deliver ${showMessage(message)}`),
        });
        return lines;
      }
      case 'join':
        this.network.join(id);
        return ['ok'];
      case 'configure': {
        const [voters, learners] = rest.map((list) => list.split(','));
        this.network.peer(id).configure({ voters: voters!, learners: learners ?? [] });
        return ['ok'];
      }
      case 'compact':
        this.network.peer(id).compact();
        return ['ok'];
      case 'transfer':
        return [String(this.network.peer(id).node.transferLeader(rest[0]!))];
      case 'isolate':
        this.network.isolate(id);
        return ['ok'];
      case 'gone':
        this.network.peer(id).node.reportGone(rest[0]!);
        return this.#roles();
      case 'heal':
        this.network.heal();
        return ['ok'];
      case 'restart':
        this.network.peer(id).restart();
        return ['ok'];
      case 'status':
        return this.#roles();
      case 'reads':
        return this.network.peer(id).reads.map((read) => `${read.context} at ${read.index}`);
      default:
        throw new Error(`unknown command: ${line}`);
    }
  }

  #roles(): string[] {
    return [...this.network.peers.values()].map(
      ({ id, node }) =>
        `${id} ${node.role} term=${node.term} leader=${node.leader}` +
        ` last=${node.lastIndex} commit=${node.commit}`,
    );
  }
}

/** Blocks of "command lines, ----, output", separated by blank lines; # starts a comment. */
function replay(text: string): string {
  const story = new Story();
  const blocks = text.trimEnd().split(/\n\n+/);
  const played = blocks.map((block) => {
    const given = block.split('\n----')[0]!.split('\n');
    const commands = given.filter((line) => !line.startsWith('#') && line !== '');
    if (commands.length === 0) return given.join('\n');
    const output = commands.flatMap((line) => story.run(line));
    return [...given, '----', ...(output.length === 0 ? ['nothing'] : output)].join('\n');
  });
  return `${played.join('\n\n')}\n`;
}

describe('transcripts', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));

  it('are there', () => expect(files.length).toBeGreaterThanOrEqual(4));

  it.each(files)('%s', (name) => {
    const path = join(folder, name);
    const written = readFileSync(path, 'utf8');
    const played = replay(written);
    if (process.env['WHERRY_REWRITE'] === '1') writeFileSync(path, played);
    else expect(played).toBe(written);
  });
});
