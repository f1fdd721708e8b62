import { isObject, objectsIn } from '../../../../api/deep.ts';

type Json = Record<string, unknown>;

/** What v1beta1 could say once for all versions, and what it is called in each. */
const common = {
  subresources: 'subresources',
  validation: 'schema',
  additionalPrinterColumns: 'additionalPrinterColumns',
  selectableFields: 'selectableFields',
} as const;

function renameColumnPaths(of: Json): void {
  for (const column of objectsIn(of['additionalPrinterColumns'])) {
    if (!('JSONPath' in column)) continue;
    column['jsonPath'] = column['JSONPath'];
    delete column['JSONPath'];
  }
}

function moveWebhook(conversion: Json): void {
  const { webhookClientConfig: clientConfig, conversionReviewVersions } = conversion;
  delete conversion['webhookClientConfig'];
  delete conversion['conversionReviewVersions'];
  if (clientConfig === undefined && conversionReviewVersions === undefined) return;
  conversion['webhook'] = {
    ...(clientConfig !== undefined && { clientConfig }),
    ...(conversionReviewVersions !== undefined && { conversionReviewVersions }),
  };
}

/**
 * Makes a definition that was stored as apiextensions.k8s.io/v1beta1 one of v1, in place:
 * kube-apiserver 1.34 still writes all of them so, those that were posted as v1 too.
 */
export function definitionOfBeta({ spec, status }: Json): void {
  // Go writes so what is absent.
  if (isObject(status) && status['conditions'] === null) delete status['conditions'];
  if (!isObject(spec)) return;
  const { version, conversion } = spec;
  const name = typeof version === 'string' ? version : '';
  if (objectsIn(spec['versions']).length === 0 && name !== '')
    spec['versions'] = [{ name, served: true, storage: true }];
  renameColumnPaths(spec);
  for (const each of objectsIn(spec['versions'])) {
    renameColumnPaths(each);
    for (const [top, own] of Object.entries(common))
      if (spec[top] !== undefined) each[own] = structuredClone(spec[top]);
  }
  for (const top of Object.keys(common)) delete spec[top];
  delete spec['version'];
  // Absent it meant true then, and means false now.
  if (spec['preserveUnknownFields'] === undefined) spec['preserveUnknownFields'] = true;
  else if (spec['preserveUnknownFields'] === false) delete spec['preserveUnknownFields'];
  if (isObject(conversion)) moveWebhook(conversion);
}
