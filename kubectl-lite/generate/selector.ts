import { parseLabelSelector } from '../../api/selector/label-parser.ts';
import { StatusError } from '../../api/status.ts';
import { UsageError } from '../usage-error.ts';

const operators: Readonly<Record<string, string>> = {
  in: 'In',
  notin: 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
};

/** The selector of an object, of one in words: "app=web,tier in (a,b)". */
export function labelSelectorOf(given: string): object {
  const matchLabels: Record<string, string> = {};
  const matchExpressions: object[] = [];
  for (const { key, operator, values } of parsed(given)) {
    if (operator === '=' || operator === '==') {
      matchLabels[key] = values[0]!;
      continue;
    }
    if (operators[operator] === undefined) {
      throw new UsageError(`"${operator}" is not a valid label selector operator`);
    }
    const listed = values.length > 0 ? { values } : {};
    matchExpressions.push({ key, operator: operators[operator], ...listed });
  }
  return {
    ...(matchExpressions.length > 0 ? { matchExpressions } : {}),
    ...(Object.keys(matchLabels).length > 0 ? { matchLabels } : {}),
  };
}

function parsed(given: string): ReturnType<typeof parseLabelSelector> {
  try {
    return parseLabelSelector(given);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const why = `couldn't parse the selector string ${JSON.stringify(given)}: ${error.message}`;
    throw new UsageError(why);
  }
}
