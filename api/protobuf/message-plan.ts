/** A definition as protobuf sees it: fields by number, Go's embedded structs as messages. */
import type { Definition, Field, InlineMessage } from '../schema/table.ts';

export interface MessagePlan {
  readonly byNumber: ReadonlyMap<number, PlannedField>;
}

/** A field of JSON, or a message whose fields stand in the same JSON object. */
export type PlannedField = { readonly field: Field } | { readonly inline: MessagePlan };

const plans = new WeakMap<Definition, MessagePlan>();

export function planOf(definition: Definition): MessagePlan {
  let plan = plans.get(definition);
  if (plan === undefined) plans.set(definition, (plan = makePlan(definition)));
  return plan;
}

function makePlan(definition: Definition): MessagePlan {
  const own = [...definition.fields.values()].flatMap((field): [number, PlannedField][] =>
    field.proto === undefined || field.inline ? [] : [[field.proto, { field }]],
  );
  return plan(own, definition.inlineMessages, definition);
}

function plan(
  own: readonly [number, PlannedField][],
  messages: readonly InlineMessage[],
  definition: Definition,
): MessagePlan {
  const inline = messages.map((message): [number, PlannedField] => [
    message.proto,
    { inline: inlinePlan(message, definition) },
  ]);
  return { byNumber: new Map([...own, ...inline].sort(([a], [b]) => a - b)) };
}

function inlinePlan(message: InlineMessage, definition: Definition): MessagePlan {
  const own = [...message.fields].flatMap(([name, number]): [number, PlannedField][] => {
    const field = definition.fields.get(name);
    return field === undefined ? [] : [[number, { field }]];
  });
  return plan(own, message.inlineMessages, definition);
}
