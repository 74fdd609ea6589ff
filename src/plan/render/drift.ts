/** One step in a printed plan: whether it is in place, and what differs. */
import type { Difference, Drift } from '../../resources/resource.ts';
import type { Step } from '../../resources/step.ts';
import { brief } from './brief.ts';
import type { Look, Page } from './page.ts';
import { counted } from './quantities.ts';
import { textDiff } from './text-diff.ts';

/** A diff longer than this is shortened; one line longer would only be replaced by the line that says so. */
const longestDiff = 12;
const deep = '      ';

export type Mark = '+' | '~' | '=';

/** `=` in place, `+` nothing is there yet, `~` something else is. */
export function markOf(drift: Drift | undefined): Mark {
  if (drift === undefined) return '=';
  return drift.differences.every(({ found }) => found === undefined) ? '+' : '~';
}

const looks: Readonly<Record<Mark, Look>> = { '+': 'green', '~': 'yellow', '=': 'dim' };

export function writeStep(page: Page, step: Step, drift: Drift | undefined): void {
  const mark = markOf(drift);
  const gap = step.id.length < 40 ? step.id.padEnd(40) : step.id;
  page.line('  ', [mark, looks[mark]], ' ', mark === '=' ? [gap, 'dim'] : gap, '  ', [
    mark === '=' ? 'in place' : brief(step),
    'dim',
  ]);
  if (drift === undefined) return;
  if (step.kind === 'secret') {
    writeSecrets(page, step.secrets);
    return;
  }
  if (step.kind === 'artifact') page.line(deep, `from ${sourceOf(step.source)}`);
  // Of a new directory or user the first line has said everything.
  if (mark === '+' && (step.kind === 'directory' || step.kind === 'user')) return;
  const { differences } = drift;
  const texts = persists(step) ? [] : differences.filter((each) => isText(step, each));
  const rows = differences.filter((each) => !texts.includes(each)).map(inOneLine);
  writeRows(page, mark === '+' ? rows.filter(({ aspect }) => !ownership.has(aspect)) : rows);
  for (const difference of texts) writeText(page, step, difference);
}

const ownership: ReadonlySet<string> = new Set(['owner', 'group', 'mode']);

/** Steps that keep in a file, for the next boot, what their other differences say already. */
function persists({ kind }: Step): boolean {
  return kind === 'sysctl' || kind === 'kernel-module';
}

/** True where the difference is one of texts, to be shown line by line. */
export function isText({ kind }: Step, { aspect, found = '', wanted }: Difference): boolean {
  return (kind === 'file' && aspect === 'content') || `${found}${wanted}`.includes('\n');
}

function inOneLine({ aspect, found, wanted }: Difference): Difference {
  const told = (text: string) => {
    const lines = text.trimEnd().split('\n').length;
    return text.includes('\n') ? counted(lines, 'line') : text;
  };
  return { aspect, ...(found === undefined ? {} : { found: told(found) }), wanted: told(wanted) };
}

function writeRows(page: Page, rows: readonly Difference[]): void {
  const longest = Math.min(40, Math.max(0, ...rows.map(({ aspect }) => aspect.length)));
  for (const { aspect, found, wanted } of rows)
    page.line(
      deep,
      `${aspect.padEnd(longest)}  `,
      found === undefined ? '' : [found, 'red'],
      found === undefined ? '' : ' → ',
      [wanted, 'green'],
    );
}

function writeText(page: Page, step: Step, { aspect, found, wanted }: Difference): void {
  if (aspect !== 'content') page.line(deep, [aspect, 'dim']);
  const lines = textDiff(found, wanted);
  const shown = lines.length > longestDiff + 1 ? lines.slice(0, longestDiff) : lines;
  for (const { text, look } of shown) page.line(deep, look === undefined ? text : [text, look]);
  if (shown.length === lines.length) return;
  const more = counted(lines.length - shown.length, 'more line');
  page.wrapped(`${deep}… `, `${more} (agent dry-run --explain ${step.id} shows all)`, 'dim');
}

function writeSecrets(
  page: Page,
  secrets: readonly { name: string; from: string; field?: string; versionStage?: string }[],
): void {
  const longest = Math.max(...secrets.map(({ name }) => name.length));
  for (const { name, from, field, versionStage } of secrets)
    page.line(
      deep,
      [`«secret ${name}»`.padEnd(longest + 9), 'green'],
      `  ${from}`,
      field === undefined ? '' : `, field ${field}`,
      versionStage === undefined ? '' : `, stage ${versionStage}`,
    );
}

function sourceOf(source: { bucket: string; key: string; versionId?: string }): string {
  const version = source.versionId === undefined ? '' : ` (version ${source.versionId})`;
  return `s3://${source.bucket}/${source.key}${version}`;
}
