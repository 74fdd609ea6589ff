/** Verdict: whether this node may take traffic, and why. */

export interface Verdict {
  readonly result: 'CONTINUE' | 'ABANDON';
  /** One sentence a person can act on. */
  readonly because: string;
  /** What led to ABANDON; decides the exit code. */
  readonly error?: Error;
}

/** The verdict where a step of the plan failed: the node is not what its role says, so nothing need be asked of it. */
export function verdictOnFailure(failure: {
  readonly step: string;
  readonly error: Error;
}): Verdict {
  const { step, error } = failure;
  const because = error.message.includes(step) ? error.message : `${step}: ${error.message}`;
  return { result: 'ABANDON', because, error };
}
