/** etcd's --feature-gates, as it reads and refuses them. */
import { InvalidArgumentError } from 'commander';
import { list } from './flag-values.ts';

type Stage = 'ALPHA' | 'BETA';

/** Of etcd 3.6. Two can be set; what the others name is so, or is not, whatever is asked for. */
export const featureGates = {
  CompactHashCheck: { stage: 'ALPHA', here: 'as set' },
  InitialCorruptCheck: { stage: 'ALPHA', here: 'as set' },
  LeaseCheckpoint: { stage: 'ALPHA', here: true },
  LeaseCheckpointPersist: { stage: 'ALPHA', here: true },
  SetMemberLocalAddr: { stage: 'ALPHA', here: false },
  StopGRPCServiceOnDefrag: { stage: 'ALPHA', here: false },
  TxnModeWriteWithSharedBuffer: { stage: 'BETA', here: false },
} as const satisfies Record<string, { readonly stage: Stage; readonly here: boolean | 'as set' }>;

export type FeatureGate = keyof typeof featureGates;
export type FeatureGates = Readonly<Partial<Record<FeatureGate, boolean>>>;

const groups: Readonly<Record<string, Stage>> = { AllAlpha: 'ALPHA', AllBeta: 'BETA' };
/** As Go reads them. */
const YES = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const NO = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

const isGate = (name: string): name is FeatureGate => Object.hasOwn(featureGates, name);

/** `InitialCorruptCheck=true,CompactHashCheck=true`; `AllAlpha` stands for those not named. */
export function parseFeatureGates(text: string): FeatureGates {
  const named: Partial<Record<FeatureGate, boolean>> = {};
  const grouped: Partial<Record<FeatureGate, boolean>> = {};
  for (const pair of list(text)) {
    const at = pair.indexOf('=');
    if (at < 0) throw new InvalidArgumentError(`missing bool value for ${pair}`);
    const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    const isOn = YES.includes(value);
    if (!isOn && !NO.includes(value))
      throw new InvalidArgumentError(
        `invalid value of ${name}=${value}, err: strconv.ParseBool: ` +
          `parsing ${JSON.stringify(value)}: invalid syntax`,
      );
    if (isGate(name)) named[name] = isOn;
    else if (Object.hasOwn(groups, name)) {
      for (const [each, { stage }] of Object.entries(featureGates))
        if (stage === groups[name]) grouped[each as FeatureGate] = isOn;
    } else throw new InvalidArgumentError(`unrecognized feature gate: ${name}`);
  }
  return { ...grouped, ...named };
}

/** Gates that were set to what is not so here. */
export function vainGates(gates: FeatureGates): readonly string[] {
  const isVain = ([name, value]: [string, boolean]): boolean => {
    const { here } = featureGates[name as FeatureGate];
    return here !== 'as set' && here !== value;
  };
  return Object.entries(gates)
    .filter(isVain)
    .map(([name]) => `feature-gates=${name}`);
}
