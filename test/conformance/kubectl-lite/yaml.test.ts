import { it } from 'vitest';
import { transcripts } from './side-by-side.ts';

const long = Array.from({ length: 40 }, () => 'word').join(' ');

/** Texts that YAML's styles are there for. */
const texts = [
  ['', ' ', 'a b', ' a', 'a ', '  ', '*/1 * * * *', 'x'.repeat(200), 'é', '日本', '\u{1F600}'],
  ['yes', 'Y', 'n', 'oFF', 'off', 'True', 'tRUE', 'null', '~', 'nil', 'inf', '.inf', '.NaN', 'nan'],
  ['1', '01', '08', '0x1f', '0o7', '0b1', '-1', '+1', '1_000', '1.5', '1.', '.5', '.', '..', '0x'],
  ['1e3', '1E-3', '.e3', '1e400', '1_', '_1', '9223372036854775808', '0777', '-0', '0b2', '1__0'],
  ['...', '---', '--- a', '-', '- a', '-a', '?', '? a', '?a', ':', ':a', 'a:', 'a: b', 'a:b', ' :'],
  ['#', '#a', 'a #b', 'a#b', '[a]', '{a}', 'a]', 'a,b', ',a', '!a', '|a', '>a', '%a', '@a', '`a`'],
  [
    '"a"',
    "'a'",
    "it's",
    "it's: x",
    '&a',
    'a&b',
    '\\',
    'a\\b',
    '"a\\b"',
    '<<',
    '=',
    '{{.x}}',
    '$(x)',
  ],
  [
    '\ta',
    'a\tb',
    'a\nb',
    'a\nb\n',
    'a\n\n',
    '\n',
    '\n\n',
    '\na',
    'a \nb',
    'a\n b',
    ' a\nb',
    'a\r\nb',
  ],
  [
    'a\n\tb',
    'a\nb ',
    'a\nb \n',
    'a\n\nb\n\n\n',
    ' a\n',
    '\n ',
    'a\n#b',
    '\u0007',
    '\u001b[0m',
    'a\0',
  ],
  ['2024-01-01', '2024-1-1', '2024-13-01', '2024-01-01T00:00:00Z', '2024-01-01 00:00:00'],
  ['12:30', '12:30:45', '1:60', '80:80', '1:2:3', '2001:db8::1', '::1', '10.0.0.1', '1Gi', '50%'],
  [long, `${long}: x`, ` ${long}`, `"${long}`, `${long}  ${long}`, `${long}\t${long}`],
  [`${long}\n${long}`, `'${long}' it's`, `${'x'.repeat(100)} ${'y'.repeat(100)} z`],
].flat();

const names = [
  'b',
  'a',
  'a10',
  'a2',
  'a-b',
  'a.b',
  'ab',
  'a_b',
  'A',
  '1',
  '10',
  '01',
  'yes',
  'null',
];
const longName = `${'x'.repeat(60)}.example.com/${'y'.repeat(60)}`;

transcripts('YAML', ({ both, file }) => {
  it('quotes, folds and sorts as kubectl does', async () => {
    const map = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'texts',
        annotations: Object.fromEntries([...names, longName].map((name, i) => [name, `${i}.`])),
      },
      data: Object.fromEntries(texts.map((text, i) => [`k${i}`, text])),
    };
    await file('texts.yaml', JSON.stringify(map));
    await both('create', '-f', 'texts.yaml', '--dry-run=client', '-o', 'yaml');
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'texts' },
      spec: { containers: [{ name: 'c', image: 'x', command: ['sh', '-c', ...texts] }] },
    };
    await file('pod.yaml', JSON.stringify(pod));
    await both('create', '-f', 'pod.yaml', '--dry-run=client', '-o', 'yaml');
  });
});
