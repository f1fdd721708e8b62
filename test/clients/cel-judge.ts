/** What our CEL makes of expressions, in the words of `cel-go/main.go`. */
import { adapt } from '../../api/cel/adapt.ts';
import { Environment } from '../../api/cel/environment.ts';
import { estimateCost } from '../../api/cel/estimate.ts';
import { CostLimitExceeded } from '../../api/cel/evaluation.ts';
import { schemaType } from '../../api/cel/schema-type.ts';
import { CelCompileError, CelProgramError } from '../../api/cel/parser/source.ts';
import { typeNameOf } from '../../api/cel/type-name.ts';
import { type CelType, DYN, formatType } from '../../api/cel/types.ts';
import {
  CelError,
  type CelValue,
  Duration,
  isList,
  isMap,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
} from '../../api/cel/values.ts';

export interface Question {
  readonly schema: object;
  readonly self: unknown;
  readonly any: unknown;
  readonly expressions: readonly string[];
  readonly costLimit: number;
}

export interface Answer {
  readonly expression: string;
  readonly fault?: string;
  readonly type?: string;
  readonly value?: string;
  readonly error?: string;
  readonly cost: number;
  readonly estimate: number;
}

export function judgeAll(asked: Question): Answer[] {
  const type = schemaType(asked.schema, { name: 'selfType', resource: true })!;
  const environment = new Environment({ self: type, any: DYN });
  const bindings = { self: adapt(asked.self, type), any: adapt(asked.any, DYN) };
  return asked.expressions.map((expression) => {
    try {
      const program = environment.compile(expression);
      const estimate = estimateCost(program.checked).max;
      const known = { expression, type: typeText(program.type), estimate };
      try {
        const { value, cost } = program.run(bindings, { cost: asked.costLimit });
        return { ...known, value: shown(value), cost };
      } catch (error) {
        if (error instanceof CelError) return { ...known, error: error.message, cost: error.cost };
        if (!(error instanceof CostLimitExceeded)) throw error;
        return { ...known, error: error.message, cost: 0 };
      }
    } catch (error) {
      if (!(error instanceof CelCompileError)) throw error;
      const fault = error instanceof CelProgramError ? `program: ${error.message}` : error.message;
      return { expression, fault, cost: 0, estimate: 0 };
    }
  });
}

/** cel-go prints the type of a whole expression by other names than those in errors. */
function typeText(type: CelType): string {
  return formatType(type)
    .replace(/\bnull\b/g, 'null_type')
    .replace(/\btimestamp\b/g, 'google.protobuf.Timestamp')
    .replace(/\bduration\b/g, 'google.protobuf.Duration');
}

/** As Go's strconv writes it with format 'e'. */
function scientific(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

const NANOS = 1_000_000_000n;

function timestamp({ nanos }: Timestamp): string {
  const rest = ((nanos % NANOS) + NANOS) % NANOS;
  return `timestamp ${(nanos - rest) / NANOS}.${String(rest).padStart(9, '0')}`;
}

function shown(value: CelValue): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'number') return `double ${scientific(value)}`;
  if (value instanceof Uint) return `${value.value}u`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if (value instanceof Duration) return `duration ${value.nanos}`;
  if (value instanceof Timestamp) return timestamp(value);
  if (value instanceof Optional)
    return value.value === undefined ? 'none' : `some(${shown(value.value)})`;
  if (value instanceof TypeValue) return `type ${value.name}`;
  if (isList(value))
    return `[${Array.from(value as Iterable<CelValue>, (each) => shown(each)).join(', ')}]`;
  if (isMap(value)) {
    const entries = [...value.keys()].map((key) => `${shown(key)}: ${shown(value.get(key)!)}`);
    return `{${entries.sort().join(', ')}}`;
  }
  return `a ${typeNameOf(value)}`;
}
