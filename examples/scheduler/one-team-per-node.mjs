// A scheduler plugin in one file. It needs no imports: a plugin is an object with the methods of
// the extension points it takes part in (see docs/SCHEDULER.md), and "no" is a plain object.

const label = 'team';

function teamsOn(node) {
  const teams = new Set();
  for (const { pod } of node.pods.values()) {
    const team = pod.metadata.labels?.[label];
    if (team !== undefined) teams.add(team);
  }
  return teams;
}

export const plugins = {
  /** Teams do not share nodes; a team prefers nodes on which it is already. */
  OneTeamPerNode: (args) => ({
    name: 'OneTeamPerNode',

    filter({ pod }, node) {
      const team = pod.pod.metadata.labels?.[label];
      const teams = teamsOn(node);
      if (team === undefined || teams.size === 0 || teams.has(team)) return undefined;
      return {
        code: 'Unschedulable',
        reasons: [args.reason ?? 'node(s) belonged to another team'],
      };
    },

    score: ({ pod }, node) => (teamsOn(node).has(pod.pod.metadata.labels?.[label]) ? 100 : 0),

    // A pod that was refused is worth another try when a pod leaves a node, or a node comes.
    interests: [{ on: 'AssignedPodDelete' }, { on: 'NodeAdd' }],
  }),
};
