/** Takes a message in: first by its term, then by its type and our role. */
import type { Core } from './core.ts';
import { hasLivingLeader, stepTimeoutNow, stepVote, stepVoteResponse } from './election.ts';
import { NONE } from './entry.ts';
import { stepAppend, stepCommit, stepHeartbeat, stepSnapshot } from './follower.ts';
import { stepLeader } from './leader.ts';
import type { Message, MessageOf } from './message.ts';

export function step(core: Core, message: Message): void {
  if (message.term > core.term && !learnTerm(core, message)) return;
  if (message.term !== 0 && message.term < core.term) {
    answerOldTerm(core, message);
    return;
  }
  switch (message.type) {
    case 'vote':
    case 'preVote':
      return stepVote(core, message);
    case 'voteResponse':
    case 'preVoteResponse':
      return stepVoteResponse(core, message);
    case 'append':
      obey(core, message);
      return stepAppend(core, message);
    case 'commit':
      obey(core, message);
      return stepCommit(core, message);
    case 'heartbeat':
      obey(core, message);
      return stepHeartbeat(core, message);
    case 'snapshot':
      obey(core, message);
      return stepSnapshot(core, message);
    case 'timeoutNow':
      return stepTimeoutNow(core);
    case 'readIndexResponse':
      core.readStates.push({ context: message.context, index: message.index });
      return;
    case 'appendResponse':
    case 'heartbeatResponse':
    case 'propose':
    case 'readIndex':
      if (core.role === 'leader') stepLeader(core, message);
  }
}

/** Paper, section 5.1: a greater term makes a follower. False if the message is to be ignored. */
function learnTerm(core: Core, message: Message): boolean {
  switch (message.type) {
    case 'preVote':
      return !hasLivingLeader(core);
    case 'vote':
      if (hasLivingLeader(core) && message.force !== true) return false;
      core.becomeFollower(message.term, NONE);
      return true;
    case 'preVoteResponse':
      // Granted, it carries the term we asked about, not one that anybody has entered.
      if (!message.granted) core.becomeFollower(message.term, NONE);
      return true;
    case 'append':
    case 'commit':
    case 'heartbeat':
    case 'snapshot':
      core.becomeFollower(message.term, message.from);
      return true;
    default:
      core.becomeFollower(message.term, NONE);
      return true;
  }
}

/**
 * A leader of an old term must hear of the new one, even from a member that can neither win an
 * election (its term went up while it was cut off) nor be reached by anybody else's.
 */
function answerOldTerm(core: Core, message: Message): void {
  switch (message.type) {
    case 'append':
    case 'commit':
    case 'heartbeat':
    case 'snapshot':
      return core.sendAfterPersist(message.from, { type: 'appendResponse', index: 0 });
    case 'preVote':
      return core.sendAfterPersist(message.from, { type: 'preVoteResponse', granted: false });
    case 'readIndex':
      // A read is of no term; only what it proves is.
      if (core.role === 'leader') stepLeader(core, message);
      return;
    default:
  }
}

/** A leader of our own term spoke: whatever we were, we follow it. */
function obey(
  core: Core,
  message: MessageOf<'append' | 'commit' | 'heartbeat' | 'snapshot'>,
): void {
  if (core.role !== 'follower') core.becomeFollower(core.term, message.from);
  core.electionElapsed = 0;
  core.leader = message.from;
}
