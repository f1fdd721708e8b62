import { describeSeeds } from './many-seeds.ts';

describeSeeds(5);
