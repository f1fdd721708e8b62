import { evaluate } from '../../api/jsonpath/evaluate.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { FieldExpression, Stage } from './stage.ts';

type Texts = Readonly<Record<string, string>>;

const holdsAll = (there: Texts | undefined, wanted: Texts): boolean =>
  Object.entries(wanted).every(([key, value]) => there?.[key] === value);

function holds({ steps, operator, values }: FieldExpression, object: Pod | Node): boolean {
  const found = evaluate(steps, object, object).filter((each) => each !== undefined);
  const texts = found.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
  switch (operator) {
    case 'Exists':
      return found.length > 0;
    case 'DoesNotExist':
      return found.length === 0;
    case 'In':
      return texts.some((text) => values.includes(text));
    case 'NotIn':
      return !texts.some((text) => values.includes(text));
  }
}

/** True if the stage, of its kind, is for such an object as it is now. */
export function matches({ selector }: Stage, object: Pod | Node): boolean {
  const { namespace = '', labels, annotations } = object.metadata;
  return (
    (selector.matchNamespaces?.includes(namespace) ?? true) &&
    holdsAll(labels, selector.matchLabels) &&
    holdsAll(annotations, selector.matchAnnotations) &&
    selector.matchExpressions.every((expression) => holds(expression, object))
  );
}
