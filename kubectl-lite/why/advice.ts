/** What to do about what conditions say: controllers tell there what admission refused. */

const advices: readonly (readonly [RegExp, string])[] = [
  [
    /exceeded quota/,
    'delete what is not needed, ask for less, or have the quota raised (kubectl-lite get quota)',
  ],
  [/failed quota/, 'a quota counts this: say it in the resources of each container'],
  [
    /violates PodSecurity/,
    'do in its securityContext what stands in parentheses, or run it in another namespace',
  ],
  [/(maximum|minimum) \S+ usage per/, 'a LimitRange sets these bounds: kubectl-lite get limits'],
  [
    /failed calling webhook/,
    'the webhook does not answer: see that its Service has ready pods ' +
      '(kubectl-lite get validatingwebhookconfigurations,mutatingwebhookconfigurations)',
  ],
  [/admission webhook .* denied the request/, 'the webhook of that name decides: ask who runs it'],
  [
    /ValidatingAdmissionPolicy .* denied request/,
    'what it asks for: kubectl-lite describe validatingadmissionpolicies',
  ],
  [/serviceaccount "[^"]*" not found/, 'make it: kubectl-lite create serviceaccount NAME'],
  [
    /timed out progressing/,
    'correct the template, or go back to the last one that worked: kubectl-lite rollout undo',
  ],
  [/^Some resources are remaining/, 'look at these: kubectl-lite get KIND -n NAMESPACE'],
  [/finalizers remaining/, 'ask why of what is left: it tells who has to let it go'],
  [/no PriorityClass with name/, 'name one that exists: kubectl-lite get priorityclasses'],
];

export const adviceOn = (message: string): string | undefined =>
  advices.find(([pattern]) => pattern.test(message))?.[1];
