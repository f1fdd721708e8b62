import { parseFieldSelector, requiredFieldValue } from '../../../api/selector/field.ts';
import { StatusError } from '../../../api/status.ts';

/** True if every object the selector lets through has exactly this value in the field. */
export function selectsExactly(
  selector: string | undefined,
  field: string,
  value: string,
): boolean {
  if (selector === undefined) return false;
  try {
    return requiredFieldValue(parseFieldSelector(selector), field) === value;
  } catch (error) {
    // A selector that cannot be read selects nothing; the handler will say so.
    if (error instanceof StatusError) return false;
    throw error;
  }
}
