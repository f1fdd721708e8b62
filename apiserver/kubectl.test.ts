import { tryKubectl } from '../test/conformance/kubectl-suite.ts';

tryKubectl();
