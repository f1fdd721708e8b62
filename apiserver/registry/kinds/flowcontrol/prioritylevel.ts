import { deepEqual } from '../../../../api/deep.ts';
import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import type {
  ExemptPriorityLevelConfiguration,
  LimitResponse,
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from '../../../../api/types/flowcontrol-v1.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn, NONE } from '../cells.ts';
import { statusSubresource } from '../status-subresource.ts';
import { validateConditions } from './conditions.ts';
import { mandatory, standardPriorityLevels } from './standard.ts';

const DEFAULT_SHARES = 30;
const DEFAULT_QUEUING = { queues: 64, handSize: 8, queueLengthLimit: 50 } as const;
const MAX_QUEUES = 10_000_000;
/** Of the hash that deals a flow its hand of queues. */
const MAX_HASH_BITS = 60;

function validateShares(
  level: ExemptPriorityLevelConfiguration | LimitedPriorityLevelConfiguration,
  field: string,
): FieldError[] {
  const { nominalConcurrencyShares: shares = 0 } = level;
  if (shares >= 0) return [];
  return [invalid(`${field}.nominalConcurrencyShares`, shares, 'must be a non-negative integer')];
}

function validateLendable({ lendablePercent = 0 }: { lendablePercent?: number }, field: string) {
  if (lendablePercent >= 0 && lendablePercent <= 100) return [];
  const detail = 'must be between 0 and 100, inclusive';
  return [invalid(`${field}.lendablePercent`, lendablePercent, detail)];
}

/** Dealing a hand without repetition takes so many bits. */
function entropyBits(queues: number, handSize: number): number {
  let bits = 0;
  for (let i = 0; i < handSize && bits <= MAX_HASH_BITS; i++) bits += Math.log2(queues - i);
  return Math.ceil(bits);
}

function validateQueuing(queuing: QueuingConfiguration, field: string): FieldError[] {
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing;
  const errors: FieldError[] = [];
  const refuse = (name: string, value: number, detail: string): void => {
    errors.push(invalid(`${field}.${name}`, value, detail));
  };
  if (queueLengthLimit <= 0) refuse('queueLengthLimit', queueLengthLimit, 'must be positive');
  if (queues <= 0) refuse('queues', queues, 'must be positive');
  else if (queues > MAX_QUEUES) refuse('queues', queues, `must not be greater than ${MAX_QUEUES}`);
  if (handSize <= 0) refuse('handSize', handSize, 'must be positive');
  else if (handSize > queues)
    refuse('handSize', handSize, `should not be greater than queues (${queues})`);
  else if (entropyBits(queues, handSize) > MAX_HASH_BITS)
    refuse(
      'handSize',
      handSize,
      `required entropy bits of deckSize ${queues} and handSize ${handSize} ` +
        `should not be greater than ${MAX_HASH_BITS}`,
    );
  return errors;
}

function validateResponse(response: LimitResponse | undefined, field: string): FieldError[] {
  const { type = '', queuing } = response ?? {};
  switch (type) {
    case 'Reject':
      return queuing === undefined
        ? []
        : [
            forbidden(
              `${field}.queuing`,
              'must be nil if limited.limitResponse.type is not Limited',
            ),
          ];
    case 'Queue':
      return queuing === undefined
        ? [
            required(
              `${field}.queuing`,
              'must not be empty if limited.limitResponse.type is Limited',
            ),
          ]
        : validateQueuing(queuing, `${field}.queuing`);
    default:
      return [notSupported(`${field}.type`, type, ['Queue', 'Reject'])];
  }
}

function validateLimited(limited: LimitedPriorityLevelConfiguration): FieldError[] {
  const field = 'spec.limited';
  const { borrowingLimitPercent: borrowing = 0 } = limited;
  const errors = [
    ...validateShares(limited, field),
    ...validateResponse(limited.limitResponse, `${field}.limitResponse`),
    ...validateLendable(limited, field),
  ];
  if (borrowing < 0) {
    const detail = 'if specified, must be a non-negative integer';
    errors.push(invalid(`${field}.borrowingLimitPercent`, borrowing, detail));
  }
  return errors;
}

function validateSpec(name: string, spec: PriorityLevelConfigurationSpec): FieldError[] {
  const { type, limited, exempt } = spec;
  const errors: FieldError[] = [];
  if ((name === 'exempt') !== (type === 'Exempt'))
    errors.push(invalid('spec.type', type, "must be 'Exempt' if and only if `name` is 'exempt'"));
  if (type === 'Exempt') {
    if (limited !== undefined)
      errors.push(forbidden('spec.limited', 'must be nil if the type is not Limited'));
    if (exempt !== undefined)
      errors.push(
        ...validateShares(exempt, 'spec.exempt'),
        ...validateLendable(exempt, 'spec.exempt'),
      );
  } else if (type === 'Limited') {
    if (exempt !== undefined)
      errors.push(forbidden('spec.exempt', 'must be nil if the type is Limited'));
    if (limited === undefined)
      errors.push(required('spec.limited', 'must not be empty when type is Limited'));
    else errors.push(...validateLimited(limited));
  } else {
    errors.push(notSupported('spec.type', type, ['Exempt', 'Limited']));
  }
  return errors;
}

function validate({ metadata, spec, status }: PriorityLevelConfiguration): FieldError[] {
  const { name = '' } = metadata;
  const errors = validateSpec(name, spec ?? { type: '' });
  if (mandatory.has(name)) {
    // How many seats the exempt take from others is the administrator's to say.
    const fixed = { ...standardPriorityLevels[name] };
    const own = { ...spec };
    if (name === 'exempt') [fixed.exempt, own.exempt] = [{}, {}];
    const except = name === 'exempt' ? " except the 'spec.exempt' field" : '';
    if (!deepEqual(own, fixed))
      errors.push(invalid('spec', spec, `spec of '${name}'${except} must equal the fixed value`));
  }
  return [...errors, ...validateConditions(status?.conditions)];
}

export const priorityLevelConfiguration = {
  type: {
    group: 'flowcontrol.apiserver.k8s.io',
    version: 'v1',
    resource: 'prioritylevelconfigurations',
    kind: 'PriorityLevelConfiguration',
    namespaced: false,
  },
  singular: 'prioritylevelconfiguration',
  hasStatus: true,
  hasGeneration: true,
  applyDefaults(object) {
    const spec = object.spec as typeof object.spec | undefined;
    if (spec?.type === 'Exempt') spec.exempt ??= {};
    for (const level of [spec?.exempt, spec?.limited]) {
      if (level === undefined) continue;
      level.nominalConcurrencyShares ??= level === spec?.exempt ? 0 : DEFAULT_SHARES;
      level.lendablePercent ??= 0;
    }
    const response = spec?.limited?.limitResponse;
    if (response?.type !== 'Queue' || response.queuing === undefined) return;
    response.queuing.queues ||= DEFAULT_QUEUING.queues;
    response.queuing.handSize ||= DEFAULT_QUEUING.handSize;
    response.queuing.queueLengthLimit ||= DEFAULT_QUEUING.queueLengthLimit;
  },
  validate,
  printer: {
    columns: [
      nameColumn,
      column('Type'),
      column('NominalConcurrencyShares'),
      column('Queues'),
      column('HandSize'),
      column('QueueLengthLimit'),
      ageColumn,
    ],
    cells: (object, nowMs) => {
      const { type = '', limited } = object.spec ?? {};
      const { queues, handSize, queueLengthLimit } = limited?.limitResponse?.queuing ?? {};
      return [
        object.metadata.name ?? '',
        type,
        limited?.nominalConcurrencyShares ?? NONE,
        queues ?? NONE,
        handSize ?? NONE,
        queueLengthLimit ?? NONE,
        age(object, nowMs),
      ];
    },
  },
  subresources: [statusSubresource({ keeps: 'metadata' })],
} satisfies ResourceDeclaration<PriorityLevelConfiguration>;
