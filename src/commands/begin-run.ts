/** The beginning of a run: its journal, which kind of start this is, and what has to be put away before the first step. */
import type { Clock } from '../clock.ts';
import { forgetOthers } from '../engine/forget-others.ts';
import { type Journal, openJournal } from '../engine/journal.ts';
import { leftoverUnits, sentInThisStay } from '../engine/memory.ts';
import { type RunKey, runKey } from '../engine/run-key.ts';
import { classifyStart, goneParts, listed, type Start } from '../engine/start.ts';
import { sweepTemporaries } from '../engine/sweep-temporaries.ts';
import { inherited, traitsOf } from '../engine/traits.ts';
import type { Tell } from '../events.ts';
import type { Hardware, Host } from '../host/host.ts';
import type { LaunchHookOptions } from '../lifecycle/launch-hook.ts';
import { withLeftovers } from '../plan/leftovers.ts';
import type { Plan } from '../plan/plan.ts';
import { openedInTime } from './disk.ts';
import type { Planned } from './river.ts';

export interface Beginning {
  readonly host: Host;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly hardware: Hardware;
  readonly agentVersion: string;
}

export interface Begun {
  readonly journal: Journal;
  readonly start: Start;
  /** What is planned, and before it the end of what an earlier plan brought up. */
  readonly plan: Plan;
  /** A completion of the launch hook that this run need not repeat. */
  readonly earlier: LaunchHookOptions['earlier'];
}

/** Throws StepError where the disk cannot be written. `opened` gets the journal as soon as there is one. */
export async function beginRun(
  { plan, identity }: Planned,
  { host, clock, tell, hardware, agentVersion }: Beginning,
  opened: (journal: Journal) => void,
): Promise<Begun> {
  const { files } = host;
  const traits = await traitsOf(files);
  const key = runKey({ plan, identity, hardware, agentVersion, traits });
  const opening = openJournal(files, key, Math.round(clock.now()));
  const journal = await openedInTime(clock, 'the journal', opening);
  opened(journal);
  const warn = (message: string) => tell({ type: 'warning', message });
  journal.warnings.forEach(warn);
  const start = classifyStart(journal.previous, key);
  const { kind, because, changes } = start;
  tell({ type: 'start-recognised', start: kind, because, changes });
  if (journal.others || kind === 'first boot') {
    // What this run inherits is in its own journal before that of the other is removed.
    await journal.settled();
    const removed = await forgetOthers(files, key.instanceId, key.bootId);
    if (removed.length > 0) warn(`left by another instance, removed: ${listed(removed)}`);
  }
  if (journal.previous !== undefined && journal.previous.exitCode === undefined)
    await sweepTemporaries(files, plan.steps);
  const then = journal.previous?.key;
  if (kind === 'clone' && then !== undefined) {
    const renamed = plan.steps.some((step) => step.kind === 'hostname');
    for (const trait of inherited(then.traits, traits, renamed))
      warn(`this clone still has of ${then.instanceId} ${trait}`);
  }
  const units = leftoverUnits(journal.memory, key);
  warnOfLeftovers(then, key, units, warn);
  const earlier = sentInThisStay(journal.memory, key);
  return { journal, start, plan: withLeftovers(plan, units), earlier };
}

function warnOfLeftovers(
  then: RunKey | undefined,
  now: RunKey,
  units: readonly string[],
  warn: (message: string) => void,
): void {
  const whose = then === undefined || then.class === now.class ? '' : ` of class ${then.class}`;
  if (units.length > 0)
    warn(`an earlier plan${whose} brought up ${listed(units)}: stopped and disabled now`);
  const gone = then === undefined ? [] : goneParts(then.parts, now.parts);
  // Services are told of above, or never ran by the agent's doing.
  const others = gone.filter((id) => !id.startsWith('service:'));
  if (others.length > 0)
    warn(
      `the plan${whose} had what this one lacks, and it stays on this machine: ${listed(others)}. Replace the instance where it must not`,
    );
}
