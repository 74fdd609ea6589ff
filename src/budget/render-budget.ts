/** A comparison with a budget as text: what is over first to be seen, and by how much. */
import type { Line } from './compare.ts';

/** The table, its last line break included. */
export function renderBudget(lines: readonly Line[], colour: boolean): string {
  const cells = lines.map(({ of, what, budget, found, over }) => [
    over === undefined ? '  ' : 'X ',
    of,
    what,
    inUnits(what, budget),
    found === undefined ? 'not done' : inUnits(what, found),
    over === undefined ? '' : `+${inUnits(what, over)}`,
  ]);
  const head = ['  ', 'part', 'what', 'budget', 'boot', 'over'];
  const widths = head.map((name, n) =>
    Math.max(name.length, ...cells.map((row) => row[n]?.length ?? 0)),
  );
  const row = (texts: readonly string[]) =>
    texts
      .map((text, n) => (n < 3 ? text.padEnd(widths[n] ?? 0) : text.padStart(widths[n] ?? 0)))
      .join('  ')
      .trimEnd();
  const over = lines.filter((line) => line.over !== undefined).length;
  const verdict =
    over === 0
      ? `Within the budget: ${lines.length} of ${lines.length}.`
      : `Over the budget: ${over} of ${lines.length}.`;
  const rows = cells.map((texts, n) => paint(colour && lines[n]?.over !== undefined, row(texts)));
  return `${[row(head), ...rows, '', verdict].join('\n')}\n`;
}

function inUnits(what: Line['what'], n: number): string {
  if (what === 'seconds') return `${n.toFixed(2)} s`;
  if (what === 'bytes') return n < 1e5 ? `${n} B` : `${(n / 1e6).toFixed(1)} MB`;
  return String(n);
}

function paint(red: boolean, text: string): string {
  return red ? `\u001b[31m${text}\u001b[0m` : text;
}
