/** A turn at the machine: one agent at a time changes it. */
import type { Clock } from '../clock.ts';
import { BusyError, messageOf } from '../errors.ts';
import type { Host, Lock } from '../host/host.ts';

export interface Turn extends Lock {
  /** Why nobody is kept away, where the lock could not be taken for want of a writable /run. */
  readonly warning?: string;
}

/**
 * Takes the turn. Throws BusyError where another agent has it: before that one's status, journal or group is touched.
 * A machine whose /run cannot be written has worse troubles than two agents, and its group must hear of them.
 */
export function takeTurn(host: Host, clock: Clock): Turn {
  const turn = tried(host, clock);
  if (!('holder' in turn)) return turn;
  const { pid, since } = turn.holder;
  throw new BusyError(
    `Another agent is at work on this machine (a boot or a bake): process ${pid}, since ${new Date(since).toISOString()}. Nothing was done. Wait for it; agent status shows how far a boot is, systemctl stop bootstrap-agent ends it`,
  );
}

function tried(host: Host, clock: Clock): Turn | ReturnType<Host['lock']> {
  try {
    return host.lock('boot', Math.round(clock.now()));
  } catch (error) {
    const warning = `Another agent would not be kept away: ${messageOf(error)}`;
    return { release: () => undefined, warning };
  }
}
