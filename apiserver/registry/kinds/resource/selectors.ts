import { type FieldError, invalid, required, tooLong } from '../../../../api/field-errors.ts';
import type {
  DeviceSelector,
  OpaqueDeviceConfiguration,
} from '../../../../api/types/resource-v1.ts';
import { isObject } from '../../../../api/deep.ts';
import { deviceEnvironment } from '../../../../api/scheduling/device-selector.ts';
import { byteLength } from '../../../../api/validation/names.ts';
import { CelCompileError } from '../../../../api/cel/parser/source.ts';
import { formatType } from '../../../../api/cel/types.ts';
import { jsonText } from '../../../../platform/json-text.ts';
import { validateCsiDriverName } from '../storage/provisioner.ts';
import { validateList } from './lists.ts';

const MAX_SELECTORS = 32;
const MAX_EXPRESSION_BYTES = 10 * 1024;
const MAX_PARAMETERS_BYTES = 10 * 1024;

function validateSelector({ cel }: DeviceSelector, field: string): FieldError[] {
  if (cel === undefined) return [required(`${field}.cel`)];
  const at = `${field}.cel.expression`;
  const { expression } = cel;
  if (byteLength(expression) > MAX_EXPRESSION_BYTES) return [tooLong(at, MAX_EXPRESSION_BYTES)];
  try {
    const { type } = deviceEnvironment().check(expression);
    if (type.kind === 'dyn' || type.kind === 'bool') return [];
    const detail = `must evaluate to bool or the unknown type, not ${formatType(type)}`;
    return [invalid(at, expression, detail)];
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error;
    return [invalid(at, expression, `compilation failed: ${error.message}`)];
  }
}

export function validateSelectors(
  selectors: readonly DeviceSelector[] | undefined,
  field: string,
): FieldError[] {
  return validateList(selectors, field, { most: MAX_SELECTORS, item: validateSelector });
}

/** Parameters are the driver's affair, but they are an object, and no large one. */
export function validateConfiguration(
  { opaque }: { readonly opaque?: OpaqueDeviceConfiguration },
  field: string,
): FieldError[] {
  if (opaque === undefined) return [required(`${field}.opaque`)];
  const { driver, parameters } = opaque;
  const errors = validateCsiDriverName(driver, `${field}.opaque.driver`);
  const at = `${field}.opaque.parameters`;
  if (parameters === undefined || parameters === null) return [...errors, required(at)];
  if (byteLength(jsonText(parameters)) > MAX_PARAMETERS_BYTES)
    return [...errors, tooLong(at, MAX_PARAMETERS_BYTES)];
  if (isObject(parameters)) return errors;
  return [...errors, invalid(at, '<value omitted>', 'must be a valid JSON object')];
}
