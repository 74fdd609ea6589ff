/** Output: where a command prints. Answers go to `out`, everything else to `err`. */

export interface Output {
  out(text: string): void;
  err(text: string): void;
  /** Standard error is a terminal: progress may be drawn there. */
  readonly terminal: boolean;
  /** Standard output takes colours. */
  readonly colour: boolean;
  /** Of standard output, where it is a terminal. */
  readonly columns?: number;
}
