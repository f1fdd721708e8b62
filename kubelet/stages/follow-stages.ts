import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { Informer } from '../../client/informer-interface.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Random } from '../../platform/random.ts';
import type { NodeAgent } from '../node-agent.ts';
import type { NodeRegistration } from '../node-registration.ts';
import type { Stage } from './stage.ts';
import { StageEngine } from './stage-engine.ts';
import { type StagedNode, StageEffects, type StageEffectsOptions } from './stage-effects.ts';

export interface StagesOptions extends Omit<StageEffectsOptions, 'nodeOf'> {
  readonly stages: readonly Stage[];
  readonly random: Random;
}

/** The nodes of a process, and what it sees of the cluster. */
export interface StagedPlane {
  readonly podInformer: Informer<Pod>;
  readonly nodeInformer: Informer<Node>;
  readonly agents: ReadonlyMap<string, NodeAgent>;
  readonly registrations: ReadonlyMap<string, NodeRegistration>;
}

/** Stages come to the pods and nodes of this process, as the API server has them. */
export function followStages(
  { stages, random, ...effects }: StagesOptions,
  { podInformer, nodeInformer, agents, registrations }: StagedPlane,
): Running {
  const nodeOf = (name: string): StagedNode | undefined => {
    const agent = agents.get(name);
    const registration = registrations.get(name);
    if (agent === undefined || registration === undefined) return undefined;
    return {
      recorder: agent.recorder,
      act: (pod, act) => agent.act(pod, act),
      overlayPod: (pod, overlay) => agent.overlayPod(pod, overlay),
      overlayNode: (overlay) => registration.lay(overlay),
      beat: (on) => registration.beat(on),
    };
  };
  const applied = new StageEffects({ ...effects, nodeOf });
  const common = { clock: effects.clock, random };
  const ofPods = new StageEngine<Pod>({
    ...common,
    stages: stages.filter(({ kind }) => kind === 'Pod'),
    apply: (stage, pod) => applied.toPod(stage, pod),
  });
  const ofNodes = new StageEngine<Node>({
    ...common,
    stages: stages.filter(({ kind }) => kind === 'Node'),
    apply: (stage, node) => applied.toNode(stage, node),
  });
  feed(podInformer, ofPods, ({ spec }) => agents.has(spec.nodeName ?? ''));
  feed(nodeInformer, ofNodes, ({ metadata }) => agents.has(metadata.name ?? ''));
  return {
    async stop() {
      ofPods.stop();
      ofNodes.stop();
      await applied.stop();
    },
  };
}

function feed<T extends Pod | Node>(
  informer: Informer<T>,
  engine: StageEngine<T>,
  isOurs: (object: T) => boolean,
): void {
  const seen = (object: T): void => {
    if (isOurs(object)) engine.seen(object);
  };
  informer.addHandler({
    added: seen,
    updated(old, object) {
      if (old.metadata.uid !== object.metadata.uid) engine.gone(old);
      seen(object);
    },
    deleted: (object) => engine.gone(object),
  });
}
