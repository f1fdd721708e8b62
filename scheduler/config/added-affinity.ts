/** The affinity that NodeAffinity's args give to every pod of a profile. */
import { invalid, notSupported } from '../../api/field-errors.ts';
import type { NodeAffinity } from '../../api/types/core-v1.ts';
import { qualifiedName } from '../../api/validation/names.ts';
import type { Fields } from './fields.ts';

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'] as const;
const fieldOperators = ['In', 'NotIn'] as const;

/** What is wrong with the values of an operator. */
function faultOf(operator: (typeof operators)[number], values: readonly string[]) {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
        ? undefined
        : "for 'in', 'notin' operators, values set can't be empty";
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? undefined
        : 'values set must be empty for exists and does not exist';
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) return "for 'Gt', 'Lt' operators, exactly one value is required";
      return /^[+-]?\d+$/.test(values[0]!)
        ? undefined
        : "for 'Gt', 'Lt' operators, the value must be an integer";
  }
}

function readExpression(fields: Fields): void {
  const key = fields.text('key') ?? '';
  const faults = qualifiedName(key);
  if (faults.length > 0) fields.report(invalid(fields.at('key'), key, faults.join('; ')));
  const operator = fields.oneOf('operator', operators);
  const values = fields.texts('values') ?? [];
  const fault = operator === undefined ? undefined : faultOf(operator, values);
  if (fault !== undefined) fields.report(invalid(fields.at('values'), values, fault));
  fields.end();
}

function readField(fields: Fields): void {
  const key = fields.text('key') ?? '';
  if (key !== 'metadata.name')
    fields.report(notSupported(fields.at('key'), key, ['metadata.name']));
  fields.oneOf('operator', fieldOperators);
  const values = fields.texts('values') ?? [];
  if (values.length !== 1)
    fields.report(invalid(fields.at('values'), values, 'must have one element'));
  fields.end();
}

function readTerm(term: Fields | undefined): void {
  term?.objects('matchExpressions').forEach(readExpression);
  term?.objects('matchFields').forEach(readField);
  term?.end();
}

export function readAddedAffinity(args: Fields): NodeAffinity | undefined {
  const affinity = args.object('addedAffinity');
  if (affinity === undefined) return undefined;
  const required = affinity.object('requiredDuringSchedulingIgnoredDuringExecution');
  required?.objects('nodeSelectorTerms').forEach(readTerm);
  required?.end();
  for (const each of affinity.objects('preferredDuringSchedulingIgnoredDuringExecution')) {
    each.integer('weight', { min: 0, max: 100 });
    readTerm(each.object('preference'));
    each.end();
  }
  affinity.end();
  return args.raw('addedAffinity') as NodeAffinity;
}
