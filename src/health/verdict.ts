/** Verdict: whether this node may take traffic, and why. */

export interface Verdict {
  readonly result: 'CONTINUE' | 'ABANDON';
  /** One sentence a person can act on. */
  readonly because: string;
  /** What led to ABANDON; decides the exit code. */
  readonly error?: Error;
}
