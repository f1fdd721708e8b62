/**
 * The fast path of decoding: an ajv validator per definition answers "can this value be taken as
 * it is?". Who gets a no asks {@link ./structural-decoder.ts} for the reasons and the value.
 *
 * ajv is loaded, and a definition compiled, only once a kind is decoded often. Measured for a Pod:
 * loading 100 ms, compiling 60 ms, then 7 µs instead of 9 µs per object; paid at start-up it would
 * cost a small cluster more than it ever gives back. Both ways give equal objects
 * (`decode.test.ts` proves it), so nobody sees when the change happens.
 */
import type { Ajv } from 'ajv';
import { ajvSchema, MESSAGE_KEYWORD, numberFormats, stringFormats } from './ajv-schema.ts';
import { type Definition, resolve } from './table.ts';

export type Validator = (value: unknown) => boolean;

/** Where 2 µs per object have paid for the compilation. */
const HOT_AFTER = 20_000;

interface Tier {
  decoded: number;
  validator?: Validator;
}
const tiers = new Map<Definition, Tier>();

/** True if `value` is valid and canonical, so that a plain copy of it is the decoded object. */
export function takenAsItIs(definition: Definition, value: unknown): boolean {
  let tier = tiers.get(definition);
  if (tier === undefined) tiers.set(definition, (tier = { decoded: 0 }));
  if (tier.validator !== undefined) return tier.validator(value);
  if (++tier.decoded === HOT_AFTER) void compileValidator(definition);
  return false;
}

/** Compiles ahead of demand; from then on {@link takenAsItIs} uses it. */
export async function compileValidator(definition: Definition): Promise<Validator> {
  compiler ??= loadCompiler();
  const validator = (await compiler).of(definition);
  tiers.set(definition, { decoded: HOT_AFTER, validator });
  return validator;
}

interface Compiler {
  of(definition: Definition): Validator;
}

let compiler: Promise<Compiler> | undefined;

async function loadCompiler(): Promise<Compiler> {
  // A bundled CommonJS package that is imported late has its default only.
  const { default: ajvPackage } = await import('ajv');
  const ajv = new ajvPackage.Ajv({
    strict: false,
    validateSchema: false,
    inlineRefs: false,
    messages: false,
    code: { optimize: 0 },
  });
  for (const [name, validate] of Object.entries(stringFormats)) ajv.addFormat(name, validate);
  for (const [name, validate] of Object.entries(numberFormats)) {
    ajv.addFormat(name, { type: 'number', validate });
  }
  return messageCompiler(ajv);
}

/** A message is compiled when the first value of it comes by: few Pods use all of PodSpec. */
function messageCompiler(ajv: Ajv): Compiler {
  const validators = new Map<Definition, Validator>();
  const of = (definition: Definition): Validator => {
    let validator = validators.get(definition);
    if (validator === undefined) {
      const compiled = ajv.compile(ajvSchema(definition));
      validators.set(definition, (validator = (value) => compiled(value)));
    }
    return validator;
  };
  ajv.addKeyword({
    keyword: MESSAGE_KEYWORD,
    type: 'object',
    schemaType: 'string',
    errors: false,
    compile: (name: string) => {
      let validator: Validator | undefined;
      return (value: unknown) => (validator ??= of(resolve({ shape: 'message', name })))(value);
    },
  });
  return { of };
}
