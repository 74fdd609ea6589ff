/** Verdict: whether this node may take traffic, and why. */
import { ConfigError } from '../errors.ts';

export interface Verdict {
  readonly result: 'CONTINUE' | 'ABANDON';
  /** One sentence a person can act on. */
  readonly because: string;
  /** All that a person must edit, one line each, where that is more than one thing. */
  readonly faults?: readonly string[];
  /** What led to ABANDON; decides the exit code. */
  readonly error?: Error;
}

/** The verdict where a boot failed before its node could be healthy: nothing need be asked of it then. */
export function verdictOn(error: Error, because = error.message): Verdict {
  const faults = error instanceof ConfigError ? error.faults : [];
  return { result: 'ABANDON', because, ...(faults.length > 0 && { faults }), error };
}

/** The verdict where a step of the plan failed, or where the run was ended from outside (no step). */
export function verdictOnFailure(failure: {
  readonly step?: string;
  readonly error: Error;
}): Verdict {
  const { step, error } = failure;
  if (step === undefined || error.message.includes(step)) return verdictOn(error);
  return verdictOn(error, `${step}: ${error.message}`);
}
