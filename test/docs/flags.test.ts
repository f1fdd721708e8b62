/**
 * Every flag of every command that takes more than any text refuses what is wrong in one sentence
 * that names it. What a flag takes is its placeholder (`<port>`), so that a new one must say.
 */
import type { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { apiserverFlags } from '../../apiserver/options/flags.ts';
import { upCommand } from '../../cluster/up-flags.ts';
import { controllersFlags } from '../../controllers/flags.ts';
import { kubeletFlags } from '../../kubelet/flags.ts';
import { schedulerFlags } from '../../scheduler/flags.ts';
import { storeFlags } from '../../store/options/flags.ts';

const commands: Readonly<Record<string, () => Command>> = {
  up: upCommand,
  store: storeFlags,
  apiserver: apiserverFlags,
  controllers: controllersFlags,
  scheduler: schedulerFlags,
  kubelet: kubeletFlags,
};

/** What none of a placeholder's flags takes. */
const wrong: Readonly<Record<string, string>> = {
  port: '70000',
  n: 'x',
  number: 'x',
  count: 'x',
  days: 'x',
  mebibytes: 'x',
  bytes: 'x',
  ms: 'x',
  seconds: 'x',
  years: '0',
  percentage: '101',
  bool: 'maybe',
  'true|false': 'maybe',
  duration: 'soon',
  url: 'nowhere',
  urls: 'nowhere',
  members: 'nobody',
  components: 'nobody',
  level: 'loud',
  format: 'verse',
  mode: 'x',
  state: 'x',
  version: 'v9',
  range: 'x',
  cidrs: 'x',
  labels: 'x',
  resources: 'x',
  gates: 'x=maybe',
  json: '{',
};

/** Any text may be right; whether there is such a file or address is seen when it is used. */
const texts = [
  ...['file', 'files', 'folder', 'path', 'paths', 'name', 'names', 'id', 'list', 'prefix'],
  ...['ip', 'host', 'hostname', 'domain', 'types', 'origins', 'places', 'token'],
  ...['endpoints', 'password'],
];

/** Judged with the others once all are known; the tests beside the commands have them. */
const later = [
  ...['store --auto-compaction-retention', 'store --auth-token', 'store --metrics'],
  ...['apiserver --oidc-issuer-url', 'apiserver --oidc-required-claim'],
  ...['apiserver --service-account-issuer', 'apiserver --service-account-jwks-uri'],
  ...['kubelet --eviction-hard', 'kubelet --pod-cidr'],
];

/** Those that refuse words all the same. */
const choosy: Readonly<Record<string, string>> = {
  'up --runtime': 'x',
  'kubelet --runtime': 'x',
  'kubelet --node-name': 'A',
  'apiserver --authorization-mode': 'x',
  'controllers --controllers': ',',
};

const placeholderOf = ({ flags }: Option): string | undefined =>
  /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1]?.replace('...', '');

/** What is said to a command line; undefined if it is taken. */
function said(make: () => Command, args: readonly string[]): string | undefined {
  let text: string | undefined;
  const command = make()
    .exitOverride()
    .configureOutput({ writeErr: (line) => (text = (text ?? '') + line) })
    .action(() => {});
  try {
    command.parse([...args], { from: 'user' });
  } catch {
    return text;
  }
  return undefined;
}

describe.each(Object.entries(commands))('wherry %s', (name, make) => {
  const options = make().options.filter(({ hidden }) => !hidden);
  const cases = options.flatMap((option): [string, string][] => {
    const placeholder = placeholderOf(option);
    const flag = option.long!;
    const id = `${name} ${flag}`;
    const value = choosy[id] ?? wrong[placeholder ?? ''];
    return placeholder === undefined || value === undefined || later.includes(id)
      ? []
      : [[flag, value]];
  });

  it('has no flag whose values are of a kind that is not known here', () => {
    const unknown = options.filter((option) => {
      const placeholder = placeholderOf(option);
      return (
        placeholder !== undefined &&
        wrong[placeholder] === undefined &&
        !texts.includes(placeholder) &&
        choosy[`${name} ${option.long}`] === undefined &&
        !later.includes(`${name} ${option.long}`)
      );
    });
    expect(unknown.map(({ flags }) => flags)).toEqual([]);
  });

  it.each(cases)('%s=%s is refused in a sentence', (flag, value) => {
    const text = said(make, [`${flag}=${value}`]);
    expect(text).toMatch(/^error: option '[^\n]*is invalid\. [^\n]+\n$/);
    expect(text).toContain(`${flag} `);
    expect(text).toContain(`'${value}'`);
  });

  it.each(cases.filter(([flag]) => options.find(({ long }) => long === flag)?.envVar))(
    '%s=%s is refused as a variable too, by its name',
    (flag, value) => {
      const variable = options.find(({ long }) => long === flag)!.envVar!;
      process.env[variable] = value;
      try {
        const text = said(make, []);
        expect(text).toMatch(/^error: option '[^\n]*is invalid\. [^\n]+\n$/);
        expect(text).toContain(variable);
      } finally {
        delete process.env[variable];
      }
    },
  );
});
