/** The verdict on a boot that something ended beside its steps and probes. */
import { exitCode, exitCodeOf } from '../exit-code.ts';
import { type Verdict, verdictOn } from '../health/verdict.ts';

export function abandonedFor(error: Error): Verdict {
  const bug = exitCodeOf(error) === exitCode.bug;
  return bug ? verdictOn(error, `a bug in the agent: ${error.message}`) : verdictOn(error);
}

/** Anything thrown, as an error. */
export function errorFrom(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}
