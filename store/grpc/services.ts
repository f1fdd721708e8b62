import { clusterService } from './cluster-service.ts';
import { kvService } from './kv-service.ts';
import { leaseService } from './lease-service.ts';
import { maintenanceService } from './maintenance-service.ts';
import { rareServices } from './rare-services.ts';
import type { ServiceContext, UnaryMethods } from './unary.ts';

/** Every method that answers once, for gRPC and the JSON gateway alike. */
export function unaryServices(context: ServiceContext): UnaryMethods {
  return {
    ...kvService(context),
    ...leaseService(context),
    ...maintenanceService(context),
    ...clusterService(context),
    ...rareServices(context),
  };
}
