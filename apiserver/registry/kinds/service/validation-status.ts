import { type FieldError, forbidden } from '../../../../api/field-errors.ts';
import type { LoadBalancerIngress, Service } from '../../../../api/types/core-v1.ts';
import { oneOf } from '../checks.ts';
import { validateBalancer } from '../load-balancer-validation.ts';

const MODES = ['Proxy', 'VIP'];

/** What a balancer says of itself, where the Service has one. */
export function validateStatus({ spec, status }: Service): FieldError[] {
  const ingress = status?.loadBalancer?.ingress ?? [];
  const field = 'status.loadBalancer.ingress';
  if (ingress.length > 0 && spec?.type !== 'LoadBalancer')
    return [forbidden(field, "may only be used when `spec.type` is 'LoadBalancer'")];
  return ingress.flatMap((each, i) =>
    validateBalancer(each, `${field}[${i}]`, validateMode(each, `${field}[${i}].ipMode`)),
  );
}

function validateMode({ ip, ipMode }: LoadBalancerIngress, field: string): readonly FieldError[] {
  if (ipMode === undefined) return [];
  if (!ip) return [forbidden(field, 'may not be specified when `ip` is not set')];
  return oneOf(ipMode, MODES, { field, pointer: true });
}
