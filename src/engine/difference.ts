/** Differences in words: one line each, for events, the journal and error messages. */
import type { Difference, Drift } from '../resources/resource.ts';

const longest = 80;

/** `mode is 0600, wanted 0644`, one string for each difference. Long or many-lined values are told by their size. */
export function differencesOf(drift: Drift): string[] {
  return drift.differences.map(inWords);
}

/** Whether a string that `differencesOf` gave is about this aspect. */
export function isAbout(difference: string, aspect: string): boolean {
  return difference.startsWith(`${aspect} is `);
}

function inWords({ aspect, found, wanted }: Difference): string {
  const is = found === undefined ? 'is absent' : `is ${shortened(found)}`;
  return `${aspect} ${is}, wanted ${shortened(wanted)}`;
}

function shortened(value: string): string {
  const text = value.trimEnd();
  const lines = text.split('\n').length;
  if (lines > 1) return `${lines} lines`;
  if (text === '') return 'empty';
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
