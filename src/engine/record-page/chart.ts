/** The timeline of the page: a bar for each part of the boot, which tells its story when it is pointed at or focused. */
import type { FlightRecord } from '../flight-record.ts';
import { duration } from '../sentence.ts';
import type { Bar, Timeline } from '../timeline.ts';
import { html, type Markup } from './escape.ts';

const failed = /^(failed|not healthy|unfinished|ABANDON)$/;

export function chart(timeline: Timeline, record: FlightRecord): Markup {
  const total = Math.max(timeline.totalMs, 1);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => html`<span>${duration(part * total)}</span>`);
  const bars = timeline.bars.map((bar, n) => row(bar, n, total, storyOf(bar, record)));
  return html`<section class="chart" aria-label="Timeline">
<h2>Timeline</h2><p class="legend">★ critical path: had one of these been faster, the boot would have been</p>
<div class="axis" aria-hidden="true">${ticks}</div>
${bars}
</section>`;
}

function row(bar: Bar, n: number, total: number, story: readonly string[]): Markup {
  const left = ((bar.startMs / total) * 100).toFixed(3);
  const width = (((bar.endMs - bar.startMs) / total) * 100).toFixed(3);
  const looks = ['bar', bar.critical && 'critical', failed.test(bar.outcome) && 'bad'];
  return html`<div class="${looks.filter(Boolean).join(' ')}" tabindex="0" role="group" aria-label="${bar.name}, ${bar.outcome}, ${duration(bar.endMs - bar.startMs)}${bar.critical ? ', on the critical path' : ''}" aria-describedby="story-${n}">
<span class="name mono">${bar.name}</span><span class="took">${duration(bar.endMs - bar.startMs)}</span>
<span class="track"><i style="left:${left}%;width:${width}%"></i></span>
<div class="story" role="tooltip" id="story-${n}">${story.join('\n')}</div>
</div>
`;
}

/** What is known of one bar, a line each. */
export function storyOf(bar: Bar, { steps }: FlightRecord): string[] {
  const step = bar.part === 'step' ? steps.find(({ id }) => id === bar.name) : undefined;
  const tries = bar.retries === 0 ? [] : [`tried again: ${bar.retries} x`];
  return [
    `${bar.name}: ${bar.outcome}`,
    `${duration(bar.endMs - bar.startMs)}, from ${duration(bar.startMs)} to ${duration(bar.endMs)}`,
    ...(bar.critical ? ['on the critical path'] : []),
    ...(step?.heldUpBy === undefined ? [] : [`waited last for ${step.heldUpBy}`]),
    ...tries,
    ...(step?.differences ?? []).map((difference) => `  ${difference}`),
    ...(step?.error === undefined ? [] : [step.error]),
  ];
}
