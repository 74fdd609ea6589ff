/** The project's own budget of ratios: which are over it, in words. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** One line for each ratio, and whether all are within. Throws where budget and bench do not name the same ratios. */
export function checkedRatios(
  ratios: Readonly<Record<string, number>>,
  path = join(import.meta.dirname, 'budget.yaml'),
): { readonly lines: string[]; readonly within: boolean } {
  const budget = parse(readFileSync(path, 'utf8')) as Record<string, number>;
  const unknown = Object.keys(budget).filter((name) => !(name in ratios));
  const missing = Object.keys(ratios).filter((name) => !(name in budget));
  if (unknown.length + missing.length > 0)
    throw new Error(
      `${path}: not measured: ${unknown.join(', ') || 'none'}; without a budget: ${missing.join(', ') || 'none'}`,
    );
  const over = (name: string, ratio: number) => ratio > (budget[name] ?? 0);
  return {
    lines: Object.entries(ratios).map(
      ([name, ratio]) =>
        `${over(name, ratio) ? 'OVER  ' : 'within'}  ${name}: ${ratio.toFixed(2)} x, at most ${budget[name]} x`,
    ),
    within: !Object.entries(ratios).some(([name, ratio]) => over(name, ratio)),
  };
}
