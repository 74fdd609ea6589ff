/** What goes on after a boot that went well, when systemd and the group know of it: how the load balancer sees the node. */
import { readStatus } from '../engine/status-file.ts';
import type { Tell } from '../events.ts';
import { exitCode } from '../exit-code.ts';
import type { Verdict } from '../health/verdict.ts';
import type { Host } from '../host/host.ts';
import { isForPool } from '../plan/preparation.ts';
import type { Recorder } from './recorder.ts';
import type { Springs } from './springs.ts';
import type { Surroundings } from './surroundings.ts';
import { tellConsoleOfTarget } from './tell-console.ts';

export interface Booted {
  readonly recorder: Recorder;
  /** Stays open until that is over. */
  readonly springs: Springs | undefined;
  readonly tell: Tell;
  readonly verdict: Verdict;
  readonly exitCode: number;
  /** Resolves when the status file holds all that was told. */
  readonly written: () => Promise<void>;
}

/** Undefined where there is nothing to follow. Told to the listeners of the boot, and in the flight record at the end. */
export function afterBoot(
  { host, clock, random }: Surroundings,
  booted: Booted,
): ((signal: AbortSignal) => Promise<void>) | undefined {
  const { recorder, springs, tell, verdict, written } = booted;
  const { plan, identity } = recorder;
  if (booted.exitCode !== exitCode.done || plan?.targetGroups === undefined) return undefined;
  // An instance that goes into its warm pool is registered nowhere.
  if (springs === undefined || isForPool(identity?.launch)) return undefined;
  return async (signal) => {
    const { seeInService } = await import('./see-in-service.ts');
    // The turn was given back with READY, since nothing is changed here: another boot may run, and status and record are its.
    const begun = recorder.events.find(({ type }) => type === 'boot-started')?.at;
    const unwanted = async () =>
      (await readStatus(host.files).catch(() => undefined))?.startedAt !== begun;
    const jitter = random && { random };
    const console = onceForEachReason(host, recorder);
    const telling: Tell = (happening) => {
      tell(happening);
      console.look();
    };
    const looking = { plan, springs, host, clock, tell: telling, signal, unwanted };
    await seeInService({ ...looking, ...jitter });
    await console.told();
    springs.close();
    if (await unwanted()) return;
    await written();
    await recorder.write(host.files, recorder.record(verdict, exitCode.done));
  };
}

/** The console hears of each reason for which the node is unhealthy, once, in the redacted words of the record. */
function onceForEachReason(host: Host, { events }: Pick<Recorder, 'events'>) {
  const heard = new Map<string, Promise<void>>();
  return {
    look() {
      const event = events.at(-1);
      if (event?.type !== 'target-health' || event.state !== 'unhealthy') return;
      const key = `${event.targetGroup} ${event.reason}`;
      if (!heard.has(key)) heard.set(key, tellConsoleOfTarget(host, event));
    },
    told: () => Promise.all(heard.values()),
  };
}
