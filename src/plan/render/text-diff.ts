/** The difference of two texts as lines for a page. */
import { structuredPatch } from 'diff';
import type { Look } from './page.ts';

export interface DiffLine {
  readonly text: string;
  readonly look: Look | undefined;
}

/** Beyond so many edits the shortest difference takes too long to find, and helps nobody. */
const mostEdits = 1000;

/** Lines of a unified diff; all of them added where there was nothing. */
export function textDiff(found: string | undefined, wanted: string): DiffLine[] {
  if (found === undefined || found === '')
    return linesOf(wanted).map((line) => marked(`+ ${line}`));
  const patch = structuredPatch('found', 'wanted', found, wanted, '', '', {
    context: 2,
    maxEditLength: mostEdits,
  });
  if (patch === undefined)
    return [
      ...linesOf(found).map((line) => marked(`- ${line}`)),
      ...linesOf(wanted).map((line) => marked(`+ ${line}`)),
    ];
  return patch.hunks.flatMap((hunk): DiffLine[] => [
    ...(hunk.newStart > 1 ? [{ text: `@@ line ${hunk.newStart} @@`, look: 'dim' as const }] : []),
    ...hunk.lines.map((line) =>
      line.startsWith('\\') ? marked(line) : marked(`${line.slice(0, 1)} ${line.slice(1)}`),
    ),
  ]);
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}

function marked(text: string): DiffLine {
  const looks: Readonly<Record<string, Look>> = { '+': 'green', '-': 'red', '\\': 'dim' };
  return { text: text.trimEnd(), look: looks[text.slice(0, 1)] };
}
