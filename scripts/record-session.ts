/**
 * Makes docs/session.svg, the recorded terminal session of the README: runs the commands below
 * on a cluster of its own and draws what they print, line after line.
 *
 *   npm run build && npx tsx scripts/record-session.ts
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..');
const wherry = join(root, 'dist', 'cluster', 'main.cjs');
const lite = join(root, 'dist', 'kubectl-lite', 'main.js');

/** What is typed, and how long a viewer may look at its answer; as long does the recorder wait. */
const steps: readonly { readonly line: string; readonly restMs: number }[] = [
  { line: 'kubectl-lite apply -f examples/web.yaml', restMs: 1500 },
  { line: 'kubectl-lite rollout status deployment/web -n web', restMs: 1500 },
  { line: 'kubectl-lite get pods -n web -o wide', restMs: 2500 },
  { line: 'kubectl-lite delete pod -n web -l app=web --wait=false', restMs: 1500 },
  { line: 'kubectl-lite rollout status deployment/web -n web', restMs: 1000 },
  { line: 'kubectl-lite tree deployment/web -n web', restMs: 3000 },
  { line: 'kubectl-lite set resources deployment/web -n web --requests=cpu=64', restMs: 1500 },
  { line: 'kubectl-lite why deployment/web -n web', restMs: 4000 },
];

const COLUMNS = 110;
const ROWS = 30;
const LINE_HEIGHT = 18;
const CHARACTER_WIDTH = 8.1;
const TYPING_MS = 35;
const LINE_MS = 60;
const PAUSE_AT_END_MS = 5000;

interface Shown {
  readonly text: string;
  readonly isCommand: boolean;
  readonly atMs: number;
}

async function record(): Promise<{ readonly lines: readonly Shown[]; readonly endMs: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'wherry-session-'));
  const args = ['up', '--data-dir', join(folder, 'data'), '--port', '0', '--store-port', '0'];
  const cluster = spawn(process.execPath, [wherry, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => cluster.once('exit', resolve));
  try {
    let started = '';
    await new Promise<void>((resolve, reject) => {
      cluster.stdout.setEncoding('utf8').on('data', (text: string) => {
        started += text;
        if (started.includes('Ready in')) resolve();
      });
      cluster.once('exit', (code) => reject(new Error(`wherry up ended with ${code}: ${started}`)));
    });
    const lines: Shown[] = [];
    let atMs = 500;
    const show = (text: string, isCommand = false): void => {
      lines.push({ text, isCommand, atMs });
      atMs += isCommand ? 300 + text.length * TYPING_MS : LINE_MS;
    };
    show('$ npx wherry up &', true);
    for (const line of started.split('\n').filter((each) => /ready|Ready/.test(each))) show(line);
    atMs += 1500;
    for (const { line, restMs } of steps) {
      show(`$ ${line}`, true);
      const [, ...words] = line.split(' ');
      const env = { ...process.env, KUBECONFIG: join(folder, 'data', 'kubeconfig') };
      const ran = await promisify(execFile)(process.execPath, [lite, ...words], { cwd: root, env });
      for (const text of ran.stdout.trimEnd().split('\n')) show(text);
      atMs += restMs;
      await new Promise((resolve) => setTimeout(resolve, restMs));
    }
    return { lines, endMs: atMs + PAUSE_AT_END_MS };
  } finally {
    cluster.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true, force: true });
  }
}

const escaped = (text: string): string =>
  text.slice(0, COLUMNS).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** One animation, endlessly: lines appear at their times, and scroll up once the screen is full. */
function draw({ lines, endMs }: Awaited<ReturnType<typeof record>>): string {
  const percent = (ms: number): string => `${((ms / endMs) * 100).toFixed(2)}%`;
  const scrolls = lines
    .map(({ atMs }, i) => ({ atMs, up: Math.max(0, i + 1 - ROWS) * LINE_HEIGHT }))
    .filter(({ up }) => up > 0);
  const scrolling = scrolls.map(
    ({ atMs, up }) => `${percent(atMs)}{transform:translateY(-${up}px)}`,
  );
  const last = scrolls.at(-1)?.up ?? 0;
  const styles = [
    'text{font:13.5px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#d5d9e0;white-space:pre}',
    '.c{fill:#8fd18f}',
    `#s{animation:s ${endMs}ms step-end infinite}`,
    `@keyframes s{0%{transform:translateY(0)}${scrolling.join('')}100%{transform:translateY(-${last}px)}}`,
    ...lines.map(
      ({ atMs }, i) =>
        `#l${i}{animation:k${i} ${endMs}ms step-end infinite}` +
        `@keyframes k${i}{0%{opacity:0}${percent(atMs)}{opacity:1}100%{opacity:1}}`,
    ),
  ];
  const texts = lines.map(
    ({ text, isCommand }, i) =>
      `<text id="l${i}"${isCommand ? ' class="c"' : ''} x="16" y="${(i + 1) * LINE_HEIGHT + 8}">${escaped(text)}</text>`,
  );
  const width = Math.ceil(COLUMNS * CHARACTER_WIDTH) + 32;
  const height = ROWS * LINE_HEIGHT + 24;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    '<title>A cluster, a Deployment, and what repairs it: recorded by scripts/record-session.ts</title>',
    `<style>${styles.join('\n')}</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#1b1f27"/>`,
    `<svg y="8" width="${width}" height="${height - 16}"><g id="s">`,
    ...texts,
    '</g></svg>',
    '</svg>',
    '',
  ].join('\n');
}

const file = join(root, 'docs', 'session.svg');
await writeFile(file, draw(await record()));
process.stdout.write(`${file}: ${(await readFile(file)).length} bytes\n`);
