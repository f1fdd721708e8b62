import { type Call, complain } from './call.ts';
import { absolute } from './container-files.ts';

const numbers: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '-eq': (a, b) => a === b,
  '-ne': (a, b) => a !== b,
  '-lt': (a, b) => a < b,
  '-le': (a, b) => a <= b,
  '-gt': (a, b) => a > b,
  '-ge': (a, b) => a >= b,
};

async function single(call: Call, operator: string, word: string): Promise<boolean | undefined> {
  if (operator === '-n') return word !== '';
  if (operator === '-z') return word === '';
  const found = await call.world.files.find(absolute(word, call.cwd));
  switch (operator) {
    case '-e':
    case '-r':
    case '-w':
    case '-x':
      return found !== undefined;
    case '-f':
      return found?.kind === 'file';
    case '-d':
      return found?.kind === 'folder';
    case '-s':
      return found?.kind === 'folder' || (found?.file.bytes.length ?? 0) > 0;
    default:
      return undefined;
  }
}

function double(left: string, operator: string, right: string): boolean | undefined {
  if (operator === '=' || operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  return numbers[operator]?.(Number(left), Number(right));
}

/** `test`, `[` and `[[`: one comparison, which `!` negates. Exit code 2: it is none. */
export async function testExpression(call: Call): Promise<number> {
  const [name, ...words] = call.words;
  const end = { '[': ']', '[[': ']]' }[name!];
  if (end !== undefined && words.pop() !== end) return complain(call, `missing ${end}`, 2);
  const negated = words[0] === '!';
  if (negated) words.shift();
  const [a, b, c] = words;
  let holds: boolean | undefined;
  if (words.length <= 1) holds = (a ?? '') !== '';
  else if (words.length === 2) holds = await single(call, a!, b!);
  else if (words.length === 3) holds = double(a!, b!, c!);
  if (holds === undefined) return complain(call, `${words.join(' ')}: unknown operand`, 2);
  return holds !== negated ? 0 : 1;
}
