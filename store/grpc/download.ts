import type { DownloadCall, DownloadService, ServiceContext } from './unary.ts';

export type OpenDownload = (
  context: ServiceContext,
  call: DownloadCall,
) => DownloadService | Promise<DownloadService>;

/** By full method name; each is loaded by its first call. */
export const downloads: Readonly<Record<string, OpenDownload>> = {
  '/etcdserverpb.Maintenance/Snapshot': async (context, call) =>
    new (await import('./snapshot-stream.ts')).SnapshotStream(context, call),
  '/v3electionpb.Election/Observe': async (context, call) =>
    new (await import('./election-service.ts')).ElectionObserver(context, call),
  '/grpc.health.v1.Health/Watch': async (_context, call) =>
    new (await import('./health-service.ts')).HealthWatch(call),
};
