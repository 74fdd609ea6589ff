/** The timeline of the page: a bar for each part of the boot, which tells its story when it is pointed at or focused. */
import type { FlightRecord } from '../flight-record.ts';
import { duration } from '../sentence.ts';
import { storyOf } from '../story.ts';
import type { Bar, Timeline } from '../timeline.ts';
import { html, type Markup } from './escape.ts';

const failed = /^(failed|not healthy|unfinished|ABANDON)$/;

export function chart(timeline: Timeline, record: FlightRecord): Markup {
  const total = Math.max(timeline.toMs - timeline.fromMs, 1);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => html`<span>${duration(part * total)}</span>`);
  const bars = timeline.bars.map((bar, n) =>
    row(bar, n, timeline.fromMs, total, storyOf(bar, record)),
  );
  return html`<section class="chart" aria-label="Timeline">
<h2>Timeline</h2><p class="legend">★ critical path: had one of these been faster, the boot would have been</p>
<div class="axis" aria-hidden="true">${ticks}</div>
${bars}
</section>`;
}

function row(bar: Bar, n: number, fromMs: number, total: number, story: readonly string[]): Markup {
  const left = (((bar.startMs - fromMs) / total) * 100).toFixed(3);
  const width = (((bar.endMs - bar.startMs) / total) * 100).toFixed(3);
  const looks = [
    'bar',
    `of-${bar.part}`,
    bar.critical && 'critical',
    failed.test(bar.outcome) && 'bad',
  ];
  return html`<div class="${looks.filter(Boolean).join(' ')}" tabindex="0" role="group" aria-label="${bar.name}, ${bar.outcome || bar.part}, ${duration(bar.endMs - bar.startMs)}${bar.critical ? ', on the critical path' : ''}" aria-describedby="story-${n}">
<span class="name mono">${bar.name}</span><span class="took">${duration(bar.endMs - bar.startMs)}</span>
<span class="track"><i style="left:${left}%;width:${width}%"></i></span>
<div class="story" role="tooltip" id="story-${n}">${story.join('\n')}</div>
</div>
`;
}
