import type { FlowSchema, PriorityLevelConfiguration } from '../../api/types/flowcontrol-v1.ts';
import type { ObjectSource } from '../authz/object-source.ts';
import { byPrecedence } from './classify.ts';

export interface FlowObjects {
  readonly flowSchemas: ObjectSource<FlowSchema>;
  readonly priorityLevels: ObjectSource<PriorityLevelConfiguration>;
  /** What counts where it is missing: the schemas and levels that every server has. */
  readonly mandatory: {
    readonly flowSchemas: readonly FlowSchema[];
    readonly priorityLevels: readonly PriorityLevelConfiguration[];
  };
}

export interface Configuration {
  /** Those whose level exists, by precedence. */
  readonly schemas: readonly FlowSchema[];
  readonly levels: ReadonlyMap<string, PriorityLevelConfiguration>;
}

function named<T extends FlowSchema | PriorityLevelConfiguration>(
  mandatory: readonly T[],
  stored: Iterable<T>,
): Map<string, T> {
  return new Map([...mandatory, ...stored].map((object) => [object.metadata.name ?? '', object]));
}

/** What is stored and what is mandatory. A schema whose level is missing decides nothing. */
export function configurationOf(objects: FlowObjects): Configuration {
  const { flowSchemas, priorityLevels, mandatory } = objects;
  const levels = named(mandatory.priorityLevels, priorityLevels.list(''));
  const schemas = named(mandatory.flowSchemas, flowSchemas.list('')).values();
  const whole = [...schemas].filter(({ spec }) => levels.has(spec.priorityLevelConfiguration.name));
  return { schemas: byPrecedence(whole), levels };
}
