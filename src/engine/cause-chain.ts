/** The cause chain: an error and what caused it, as plain data. */
import { ConfigError, messageOf, StepError, UnavailableError } from '../errors.ts';

export interface Failure {
  readonly name: string;
  readonly message: string;
  /** Of a ConfigError: all faults that were found together. */
  readonly faults?: readonly string[];
  /** Of a bug: where it happened. */
  readonly stack?: string;
}

/** A chain longer than this was made by a circle or says nothing more. */
const longest = 10;

/** The error first, then its cause, and so on. The stack is kept for bugs alone: expected errors say all in their message. */
export function causeChain(error: unknown): Failure[] {
  const chain: Failure[] = [];
  for (let next = error; next !== undefined && chain.length < longest; ) {
    chain.push(failureFrom(next, chain.length === 0));
    next = next instanceof Error ? next.cause : undefined;
  }
  return chain;
}

function failureFrom(error: unknown, outermost: boolean): Failure {
  if (!(error instanceof Error)) return { name: typeof error, message: messageOf(error) };
  const expected =
    error instanceof ConfigError || error instanceof StepError || error instanceof UnavailableError;
  const { name, message, stack } = error;
  return {
    name,
    message,
    ...(error instanceof ConfigError && error.faults.length > 0 ? { faults: error.faults } : {}),
    ...(expected || !outermost || stack === undefined ? {} : { stack }),
  };
}
