/** Exit codes of the agent, from sysexits.h (sysexits(3head)). */
import { BusyError, ConfigError, StepError, UnavailableError } from './errors.ts';

export const exitCode = {
  done: 0,
  /** The node did not become healthy: verdict ABANDON. */
  unhealthy: 1,
  /** EX_USAGE */
  usage: 64,
  /** EX_UNAVAILABLE: a service stayed unreachable until the deadline. */
  unavailable: 69,
  /** EX_SOFTWARE: a bug in the agent. */
  bug: 70,
  /** EX_TEMPFAIL: stopped from outside, or another agent is at work; run it again. */
  tryAgain: 75,
  /** EX_CONFIG: a person must edit something. */
  config: 78,
} as const;

/** The agent was told to stop (SIGTERM, SIGINT): nothing is wrong, run it again. */
export class StoppedError extends Error {
  override name = 'StoppedError';
}

/** The exit code that an error calls for; 70 for whatever nobody foresaw. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return exitCode.config;
  if (error instanceof UnavailableError) return exitCode.unavailable;
  if (error instanceof StepError) return exitCode.unhealthy;
  if (error instanceof StoppedError || error instanceof BusyError) return exitCode.tryAgain;
  return exitCode.bug;
}
