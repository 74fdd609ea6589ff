/** "Did you mean": the known name nearest to one that is not known. */
import { distance } from 'fastest-levenshtein';

/** ` (did you mean "name"?)` when one of the known names is near enough to be meant, else nothing. */
export function didYouMean(found: string, known: Iterable<string>): string {
  const name = nearest(found, known);
  return name === undefined ? '' : ` (did you mean "${name}"?)`;
}

/** The known name that `found` is probably a slip of, or undefined. */
export function nearest(found: string, known: Iterable<string>): string | undefined {
  const lower = found.toLowerCase();
  const [candidate] = [...known]
    .filter((name) => name !== found)
    .map((name) => ({ name, far: apart(lower, name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  if (candidate === undefined) return undefined;
  const { name, far } = candidate;
  const allowed = name.length < 4 ? 1 : Math.max(2, Math.floor(name.length / 3));
  return far <= allowed && far < Math.max(found.length, name.length) ? name : undefined;
}

/** Edits between two names: swapped letters are one, and a name cut short is one more than its beginning. */
function apart(found: string, name: string): number {
  if (letters(found) === letters(name)) return 1;
  const whole = distance(found, name);
  if (found.length < 4) return whole;
  return Math.min(whole, distance(found, name.slice(0, found.length)) + 1);
}

function letters(name: string): string {
  return [...name].sort().join('');
}
