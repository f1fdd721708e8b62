import type { Place } from './place.ts';

export interface Scenario {
  readonly name: string;
  /** Does things in a namespace of its own and waits for what they lead to. */
  run(at: Place): Promise<void>;
  /** Further objects to compare, outside of namespaces; `NAMESPACE` stands for its name. */
  readonly also?: readonly string[];
}

/** The template of a pod that runs for ever, or as annotations say. */
export const template = (
  app: string,
  { annotations = {}, spec = '' }: { annotations?: Record<string, string>; spec?: string } = {},
): string => `
  template:
    metadata:
      labels: { app: ${app} }
      annotations: ${JSON.stringify(annotations)}
    spec:
      ${spec}
      containers:
        - name: main
          image: example.org/main:1`;

export const newImage = {
  spec: { template: { spec: { containers: [{ name: 'main', image: 'example.org/main:2' }] } } },
};

/** A pod that uses the claim "data". */
export const claimUser = (more = ''): string => `
apiVersion: v1
kind: Pod
metadata: { name: user }
spec:
  volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]
  containers: [{ name: main, image: "example.org/main:1" }]
  ${more}`;

/** One of the scenario's own, named like its namespace. */
export const storageClass = (provisioner: string, more = ''): string => `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: NAMESPACE }
provisioner: ${provisioner}
${more}`;
