/** Explains one step: all of its desired state, what it needs and what needs it, and where each value was written. */

import { didYouMean } from '../../did-you-mean.ts';
import { ConfigError } from '../../errors.ts';
import type { Drift } from '../../resources/resource.ts';
import type { Step, Text } from '../../resources/step.ts';
import type { Origin } from '../../roles/role.ts';
import { placeText } from '../faults.ts';
import { shown } from '../text.ts';
import { isText as isTextual, markOf } from './drift.ts';
import { Page } from './page.ts';
import { textDiff } from './text-diff.ts';
import type { ExplainView } from './view.ts';

/** Text for people; lines of a file are never cut. Throws ConfigError when the plan has no step `stepId`. */
export function renderExplain(
  stepId: string,
  view: ExplainView,
  options: { colour: boolean; width?: number },
): string {
  const ids = view.plan.steps.map((step) => step.id);
  const step = view.plan.steps.find(({ id }) => id === stepId);
  if (step === undefined)
    throw new ConfigError(
      `There is no step "${stepId}" in the plan of class ${view.role.class}${didYouMean(stepId, ids)}. Its steps are:`,
      { faults: ids },
    );
  const page = new Page({ colour: options.colour, width: options.width ?? 100 });
  const state = { '+': 'new', '~': 'to change', '=': 'in place' }[markOf(view.drifts.get(stepId))];
  page.line([step.id, 'bold'], ` · ${state}`, view.simulated ? [' · simulated', 'yellow'] : '');
  page.heading('Desired state');
  writeState(page, step);
  writeDifferences(page, step, view.drifts.get(stepId));
  page.heading('Order');
  writeIds(page, 'needs', step.needs);
  const phase = view.plan.activate.includes(stepId) ? 'activate' : 'prepare';
  if (view.plan.signal.kind === 'lifecycle-hook') page.line('  phase        ', phase);
  const neededBy = view.plan.steps.filter((other) => other.needs.includes(stepId));
  writeIds(
    page,
    'needed by',
    neededBy.map((other) => other.id),
  );
  const reloads = (step.kind === 'service' && step.reloadOn) || [];
  if (step.restartOn !== undefined) {
    const restarts = step.restartOn.filter((id) => !reloads.includes(id));
    writeIds(page, 'restarts on', restarts);
  }
  if (reloads.length > 0) writeIds(page, 'reloads on', reloads);
  page.heading('Where it was written');
  writeOrigins(page, step, view.origins);
  return page.toString();
}

function writeState(page: Page, step: Step): void {
  const { id: _id, needs: _needs, restartOn: _restartOn, from: _from, ...state } = step;
  for (const [key, value] of Object.entries(state))
    if (key !== 'reloadOn') writeValue(page, key, value);
}

function writeValue(page: Page, key: string, value: unknown): void {
  const label = `  ${key.padEnd(14)} `;
  if (isText(key, value)) {
    page.line(label);
    for (const line of shown(value).replace(/\n$/, '').split('\n'))
      page.whole('    ', line.trimEnd());
    return;
  }
  if (typeof value !== 'object' || value === null) {
    page.whole(label, String(value));
    return;
  }
  const none = Object.keys(value).length === 0;
  page.line(label, none ? ['none', 'dim'] : '');
  const entries = Array.isArray(value) ? value.map((item) => ['-', item]) : Object.entries(value);
  for (const [name, item] of entries)
    writeLines(page, `${name} ${isText(key, item) ? shown(item) : scalar(item)}`);
}

/** Text of several lines, the later ones further in. */
function writeLines(page: Page, text: string): void {
  const [first = '', ...more] = text.trimEnd().split('\n');
  page.whole('    ', first);
  for (const line of more) page.whole('      ', line);
}

/** Where a Text may stand: the texts of files and units, and each variable of an environment. */
function isText(key: string, value: unknown): value is Text {
  return ['content', 'unitFile', 'dropIn', 'env'].includes(key) && Array.isArray(value);
}

function scalar(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What is on the machine beside what is wanted; of a step that is all new, the desired state says it already. */
function writeDifferences(page: Page, step: Step, drift: Drift | undefined): void {
  if (drift === undefined || markOf(drift) === '+') return;
  page.heading('What differs');
  const short = drift.differences.filter((difference) => !isTextual(step, difference));
  const longest = Math.max(0, ...short.map(({ aspect }) => aspect.length));
  for (const difference of drift.differences) {
    const { aspect, found = 'nothing', wanted } = difference;
    if (!isTextual(step, difference)) {
      page.whole(`  ${aspect.padEnd(longest)}  `, `${found} → ${wanted}`);
      continue;
    }
    page.line('  ', aspect);
    for (const { text, look } of textDiff(difference.found, wanted)) page.whole('    ', text, look);
  }
}

function writeIds(page: Page, label: string, ids: readonly string[]): void {
  page.wrapped(`  ${label.padEnd(12)} `, ids.length === 0 ? 'nothing' : ids.join(', '));
}

/** The values under the step's place in the role, then those of `values` that their templates name. */
function writeOrigins(page: Page, step: Step, origins: ReadonlyMap<string, Origin>): void {
  const paths = [...origins.keys()].filter(
    (path) => path === step.from || path.startsWith(`${step.from}.`),
  );
  // Grows while it is walked: a value may name another.
  for (const path of paths)
    for (const [, name] of JSON.stringify(origins.get(path)?.value ?? '').matchAll(
      /\bvalues\.([a-z][a-z0-9_]*)/g,
    ))
      for (const named of origins.keys())
        if (named === `values.${name}` || named.startsWith(`values.${name}.`))
          if (!paths.includes(named)) paths.push(named);
  if (paths.length === 0) page.line('  ', ['by the agent: nothing in the role', 'dim']);
  for (const path of paths) {
    const origin = origins.get(path);
    if (origin === undefined) continue;
    page.line(`  ${path} `, ['=', 'dim'], ` ${oneLine(origin.value)}`);
    page.line('      ', [placeText(origin.at), 'cyan']);
    for (const { value, at } of origin.replaced)
      page.line('      ', [`instead of ${oneLine(value)}, ${placeText(at)}`, 'dim']);
  }
}

function oneLine(value: unknown): string {
  const text = scalar(value);
  const [first = '', ...more] = text.trimEnd().split('\n');
  return more.length === 0 ? first : `${first} … (${more.length + 1} lines)`;
}
