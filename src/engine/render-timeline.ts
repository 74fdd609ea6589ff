/** The timeline drawn as text: one row for each part of the boot, with a bar where it lies in time. */
import { duration } from './sentence.ts';
import { type Bar, criticalPath, type Timeline, waitsOnPath } from './timeline.ts';
import { waitInWords } from './waits.ts';

export interface RenderOptions {
  readonly colour: boolean;
  /** Columns; 100 fits a split screen and a mail. */
  readonly width: number;
}

const outcomeWidth = 12;
/** Up to `15 min 0 s`, the default deadline of a boot. */
const durationWidth = 10;
const leastChart = 20;
/** In less, what became of each part gives way to the bars. */
const narrow = 70;
/** Waits of a boot that are worth a line each; shorter ones than this part of it are not. */
const mostWaits = 6;
const worthOfWait = 1 / 200;

/** The drawing, its last line break included. */
export function renderTimeline(timeline: Timeline, options: RenderOptions): string {
  const names = [...timeline.bars.map(({ name }) => name), 'role and plan'];
  const told = options.width < narrow ? 0 : outcomeWidth + 1;
  const spare = options.width - told - durationWidth - leastChart - 7;
  const nameWidth = Math.max(8, Math.min(spare, ...[Math.max(...names.map((n) => n.length))], 36));
  const chart = options.width - nameWidth - told - durationWidth - 7;
  const { fromMs } = timeline;
  const lengthMs = timeline.toMs - fromMs;
  const layout = { nameWidth, told, chart, fromMs, axis: axisFor(lengthMs, chart), ...options };
  const lines = [
    headline(timeline, options),
    '',
    scale(layout, lengthMs),
    ...timeline.bars.map((bar) => row(bar, lengthMs, layout)),
    '',
    ...footer(timeline, options),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

interface Layout extends RenderOptions {
  readonly nameWidth: number;
  /** Columns of the outcome, with the blank behind it. */
  readonly told: number;
  /** Where the chart begins: milliseconds since the start of the agent. */
  readonly fromMs: number;
  readonly chart: number;
  readonly axis: Axis;
}

function headline(timeline: Timeline, { colour }: RenderOptions): string {
  const who = [
    timeline.simulated ? 'simulated boot' : 'boot',
    ...(timeline.instanceId === undefined ? [] : [`of ${timeline.instanceId}`]),
    ...(timeline.class === undefined ? [] : [`as ${timeline.class}`]),
  ].join(' ');
  const result = timeline.result ?? 'no verdict';
  const code = result === 'CONTINUE' ? green : red;
  return `${who}: ${paint(colour, code, result)} after ${paint(colour, bold, duration(timeline.totalMs))}`;
}

function row(bar: Bar, totalMs: number, layout: Layout): string {
  const { colour, nameWidth, told, chart, fromMs, axis } = layout;
  const mark = bar.critical ? '*' : ' ';
  const name = shortened(bar.name, nameWidth).padEnd(nameWidth);
  const outcome = shortened(bar.outcome, outcomeWidth).padEnd(outcomeWidth);
  const took = duration(bar.endMs - bar.startMs).padStart(durationWidth);
  const from = totalMs === 0 ? 0 : ((bar.startMs - fromMs) / totalMs) * chart;
  const to = totalMs === 0 ? 0 : ((bar.endMs - fromMs) / totalMs) * chart;
  const cells = Array.from({ length: chart }, (_, cell) => {
    const block = blockIn(cell, from, Math.max(to, from + 1 / 8));
    if (block !== ' ') return paint(colour, bar.critical ? colourOf(bar) : dim, block);
    return axis.columns.includes(cell) ? paint(colour, dim, '┊') : ' ';
  });
  return [
    ` ${paint(colour, yellow, mark)} ${bar.critical ? paint(colour, bold, name) : name}`,
    ...(told === 0 ? [] : [paint(colour, colourOf(bar), outcome)]),
    took,
    cells.join(''),
  ].join(' ');
}

const green = 32;
const red = 31;
const yellow = 33;
const cyan = 36;
const bold = 1;
const dim = 2;

function colourOf({ outcome }: Bar): number {
  if (/^(failed|not healthy|unfinished|ABANDON)$/.test(outcome)) return red;
  if (/^(changed|healthy|CONTINUE)$/.test(outcome)) return green;
  return outcome === 'unchanged' ? dim : cyan;
}

function paint(colour: boolean, code: number, text: string): string {
  return colour ? `\u001b[${code}m${text}\u001b[0m` : text;
}

/** What a bar from `from` to `to` (in cells) leaves in one cell: blocks of eighths, as far as Unicode has them. */
function blockIn(cell: number, from: number, to: number): string {
  const left = Math.max(from - cell, 0);
  const right = Math.min(to - cell, 1);
  if (right <= left) return ' ';
  if (left < 1 / 8) return '▏▎▍▌▋▊▉█'[Math.max(0, Math.round(right * 8) - 1)] ?? '█';
  if (right > 7 / 8) return left > 5 / 8 ? '▕' : '▐';
  return left < 1 / 2 ? '▏' : '▕';
}

interface Axis {
  readonly stepMs: number;
  /** Cells in which a tick stands, from 0. */
  readonly columns: readonly number[];
}

/** Ticks at 1, 2 or 5 times a power of ten, far enough apart for their labels. */
function axisFor(totalMs: number, chart: number): Axis {
  const most = Math.max(2, Math.floor(chart / 8));
  let stepMs = 1;
  for (const power of [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8]) {
    const fitting = [1, 2, 5].map((n) => n * power).find((ms) => totalMs / ms <= most);
    if (fitting !== undefined) {
      stepMs = fitting;
      break;
    }
  }
  const ticks = Math.floor(totalMs / stepMs);
  const columns = Array.from({ length: ticks + 1 }, (_, n) =>
    totalMs === 0 ? 0 : Math.floor(((n * stepMs) / totalMs) * chart),
  );
  return { stepMs, columns: columns.filter((column) => column < chart) };
}

function scale({ nameWidth, told, chart, axis, colour }: Layout, totalMs: number): string {
  let text = '';
  for (const [n, column] of axis.columns.entries()) {
    const ms = n * axis.stepMs;
    const label = ms === 0 ? '0' : totalMs < 1000 ? `${ms} ms` : `${ms / 1000} s`;
    if (column + label.length <= chart) text = `${text.padEnd(column)}${label}`;
  }
  const indent = ' '.repeat(nameWidth + told + durationWidth + 5);
  return `${indent}${paint(colour, dim, text)}`;
}

function footer(timeline: Timeline, { width, colour }: RenderOptions): string[] {
  const path = criticalPath(timeline).map(
    ({ name, startMs, endMs }) => `${name} ${duration(endMs - startMs)}`,
  );
  const retried = timeline.bars.filter(({ retries }) => retries > 0);
  return [
    ...(path.length === 0 ? [] : wrapped(' * critical path: ', path, ' > ', width)),
    ...waited(timeline, width),
    ...(retried.length === 0
      ? []
      : wrapped(
          '   tried again: ',
          retried.map((b) => `${b.name} ${b.retries} x`),
          ', ',
          width,
        )),
    ...(timeline.skipped.length === 0
      ? []
      : wrapped('   skipped: ', timeline.skipped, ', ', width)),
    ...(timeline.result === 'ABANDON'
      ? because(timeline, width).map((line) => paint(colour, red, line))
      : []),
  ];
}

/** What the boot waited for on its critical path, the longest first. */
function waited(timeline: Timeline, width: number): string[] {
  const waits = waitsOnPath(timeline).filter(({ ms }) => ms >= timeline.totalMs * worthOfWait);
  return waits.slice(0, mostWaits).map((one, n) => {
    const title = n === 0 ? '   waited: ' : ' '.repeat(11);
    return shortenedEnd(`${title}${duration(one.ms)} in ${one.bar} for ${waitInWords(one)}`, width);
  });
}

function shortenedEnd(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** Lines keep their indentation, since a program's last words are quoted so; faults, which name a place, stay whole. */
function because({ because: reason = '', faults = [] }: Timeline, width: number): string[] {
  const title = '   because: ';
  const indent = ' '.repeat(title.length);
  const lines = reason.split('\n').flatMap((line, n) => {
    const own = /^ */.exec(line)?.[0] ?? '';
    return wrapped(`${n === 0 ? title : indent}${own}`, line.trim().split(' '), ' ', width);
  });
  return [...lines, ...faults.map((fault) => `${indent}${fault}`)];
}

/** Items after a title, broken between items, continued below the first one. */
function wrapped(
  title: string,
  items: readonly string[],
  separator: string,
  width: number,
): string[] {
  const lines: string[] = [];
  let line = title;
  for (const [index, item] of items.entries()) {
    const piece = index === items.length - 1 ? item : `${item}${separator}`;
    if (line.length + piece.trimEnd().length > width && line.trim() !== title.trim()) {
      lines.push(line);
      line = ' '.repeat(title.length);
    }
    line += piece;
  }
  return [...lines, line].filter((text) => text.trim() !== '');
}

/** The middle goes first: the kind in front and the file name behind tell steps apart. */
function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  const head = Math.ceil((width - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`;
}
