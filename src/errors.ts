/** The errors of the agent: one class per reaction. `main.ts` alone turns them into exit codes. */

/** A person must edit something (exit 78). The message names what was wanted, what was found, and where to change it. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  /** All faults found together, one line each, where there is more than one. */
  readonly faults: readonly string[];

  constructor(message: string, options: { cause?: unknown; faults?: readonly string[] } = {}) {
    super(message, options);
    this.faults = options.faults ?? [];
  }
}

/** Something outside did not answer or is overloaded: trying again may help, until the deadline (exit 69). */
export class UnavailableError extends Error {
  override name = 'UnavailableError';
}

/** The host did not come to its desired state, and trying again would not help (exit 1). */
export class StepError extends Error {
  override name = 'StepError';
}

/** Another process of the agent is at work on this machine: nothing was done, try again when it is over (exit 75). */
export class BusyError extends Error {
  override name = 'BusyError';
}

/** True when `error` is an abort of a wait or a request, however the runtime spells it. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
