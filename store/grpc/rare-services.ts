import type { ServiceContext, UnaryMethod, UnaryMethods } from './unary.ts';

type Load = (context: ServiceContext) => Promise<UnaryMethods>;

interface RareService {
  readonly name: string;
  readonly methods: string;
  readonly load: Load;
}

/** Services that most stores never serve: each is loaded by its first call. */
const services: readonly RareService[] = [
  {
    name: '/etcdserverpb.Auth/',
    methods:
      'AuthEnable AuthDisable AuthStatus Authenticate UserAdd UserGet UserList UserDelete ' +
      'UserChangePassword UserGrantRole UserRevokeRole RoleAdd RoleGet RoleList RoleDelete ' +
      'RoleGrantPermission RoleRevokePermission',
    load: async (context) => (await import('./auth-service.ts')).authService(context),
  },
  {
    name: '/v3lockpb.Lock/',
    methods: 'Lock Unlock',
    load: async (context) => (await import('./lock-service.ts')).lockService(context),
  },
  {
    name: '/v3electionpb.Election/',
    methods: 'Campaign Proclaim Leader Resign',
    load: async (context) => (await import('./election-service.ts')).electionService(context),
  },
  {
    name: '/grpc.health.v1.Health/',
    methods: 'Check',
    load: async () => (await import('./health-service.ts')).healthService,
  },
];

export function rareServices(context: ServiceContext): UnaryMethods {
  const methods: Record<string, UnaryMethod> = {};
  for (const service of services) {
    let loaded: Promise<UnaryMethods> | undefined;
    for (const method of service.methods.split(' ')) {
      const path = service.name + method;
      methods[path] = async (request, origin) => {
        loaded ??= service.load(context);
        return (await loaded)[path]!(request, origin);
      };
    }
  }
  return methods;
}
