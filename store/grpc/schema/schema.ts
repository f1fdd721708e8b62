import { assert } from '../../../platform/assert.ts';
import { MESSAGE_TABLE, RPC_TABLE } from './tables.ts';

export type FieldKind = 'bool' | 'bytes' | 'string' | 'int' | 'uint' | 'enum' | 'message';

export interface Field {
  readonly name: string;
  readonly number: number;
  readonly repeated: boolean;
  readonly kind: FieldKind;
  /** Of an enum or a message. */
  readonly type: string;
  /** 32-bit integers are JSON numbers, 64-bit ones JSON strings. */
  readonly wide: boolean;
}

export interface MessageType {
  readonly name: string;
  readonly fields: readonly Field[];
}

/** Names by number. */
export type EnumType = ReadonlyMap<number, string>;

export interface Rpc {
  /** "/etcdserverpb.KV/Range" */
  readonly path: string;
  readonly request: string;
  readonly response: string;
  readonly stream: 'unary' | 'server' | 'bidi';
  /** Paths of the JSON gateway, below its prefix. */
  readonly http: readonly string[];
}

const integers: Readonly<Record<string, [FieldKind, boolean]>> = {
  int64: ['int', true],
  uint64: ['uint', true],
  uint32: ['uint', false],
};

/** The tables of tables.ts, parsed by the first who asks. */
export class Schema {
  static #shared: Schema | undefined;
  readonly #messages = new Map<string, MessageType>();
  readonly #enums = new Map<string, EnumType>();
  readonly rpcs: readonly Rpc[];

  static get shared(): Schema {
    return (Schema.#shared ??= new Schema());
  }

  private constructor() {
    const lines = rowsOf(MESSAGE_TABLE);
    for (const [name, ...fields] of lines) {
      const isEnum = fields.length > 0 && fields.every((field) => /^[A-Z_]+=\d+$/.test(field));
      if (!isEnum) continue;
      const pairs = fields.map((field): [number, string] => {
        const [text, number] = field.split('=') as [string, string];
        return [Number(number), text];
      });
      this.#enums.set(name!, new Map(pairs));
    }
    for (const [name, ...fields] of lines)
      if (!this.#enums.has(name!))
        this.#messages.set(name!, { name: name!, fields: fields.map((text) => this.#field(text)) });
    this.rpcs = rowsOf(RPC_TABLE).map(rpcOf);
  }

  message(name: string): MessageType {
    const type = this.#messages.get(name);
    assert(type !== undefined, `message ${name} is in the table`);
    return type;
  }

  enum(name: string): EnumType {
    const type = this.#enums.get(name);
    assert(type !== undefined, `enum ${name} is in the table`);
    return type;
  }

  /** By method path. */
  rpc(path: string): Rpc {
    const rpc = this.rpcs.find((each) => each.path === path);
    assert(rpc !== undefined, `RPC ${path} is in the table`);
    return rpc;
  }

  #field(text: string): Field {
    const [, name, number, many, type] = /^(\w+)=(\d+):(\[\])?(.+)$/.exec(text)!;
    const base = { name: name!, number: Number(number), repeated: many !== undefined, type: type! };
    const integer = integers[type!];
    if (integer !== undefined) return { ...base, kind: integer[0], wide: integer[1] };
    if (type === 'bool' || type === 'bytes' || type === 'string')
      return { ...base, kind: type, wide: false };
    return { ...base, kind: this.#enums.has(type!) ? 'enum' : 'message', wide: false };
  }
}

function rowsOf(table: string): string[][] {
  const joined = table.trim().replace(/\n +/g, ' ');
  return joined.split('\n').map((line) => line.split(/ +/));
}

function rpcOf([service, method, request, answer, ...http]: string[]): Rpc {
  const [, mark, response] = /^(<>|<)?(.+)$/.exec(answer!)!;
  const stream = mark === '<>' ? 'bidi' : mark === '<' ? 'server' : 'unary';
  return { path: `/${service}/${method}`, request: request!, response: response!, stream, http };
}
