/** A flight record as one HTML page that holds all it needs: it opens from a mail or a disk, and asks nobody for anything. */
import { createHash } from 'node:crypto';
import type { FlightRecord } from '../flight-record.ts';
import { factsOf, failureOf, headlineOf } from '../record-words.ts';
import { duration, sentenceOf } from '../sentence.ts';
import { type Timeline, timelineFrom, waitsOnPath } from '../timeline.ts';
import { waitInWords } from '../waits.ts';
import { behaviour, readerKeys } from './behaviour.ts';
import { chart } from './chart.ts';
import { html, Markup } from './escape.ts';
import { style } from './style.ts';

/** All that is known of the boot. */
export function recordPage(record: FlightRecord): string {
  const timeline = timelineFrom(record.events, record.machine);
  return page(
    record,
    html`${failure(record)}
${chart(timeline, record)}
${waits(timeline)}
${journals(record)}
${facts(record)}
${steps(record)}
${calls(record)}
${events(record)}`,
    behaviour,
  );
}

/** What the boot spent its time on, and no more. */
export function timelinePage(record: FlightRecord): string {
  const timeline = timelineFrom(record.events, record.machine);
  return page(record, html`${chart(timeline, record)}\n${waits(timeline)}`, readerKeys);
}

function page(record: FlightRecord, content: Markup, does: string): string {
  const { title, aside } = headlineOf(record);
  const bad = record.exitCode !== 0;
  const word = record.verdict?.result ?? (bad ? 'NO VERDICT' : 'DONE');
  // No other script than this one runs, whatever a tag or a unit's name managed to say; and nothing is fetched.
  const script = `sha256-${createHash('sha256').update(does).digest('base64')}`;
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src '${script}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${word}: ${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
<header><h1><span class="badge ${bad ? 'bad' : ''}">${word}</span>${title}</h1><p>${aside}</p></header>
${content}
</main>
<script>${new Markup(does)}</script>
</body>
</html>
`.text;
}

function waits(timeline: Timeline): Markup | string {
  const all = waitsOnPath(timeline);
  if (all.length === 0) return '';
  const rows = all.map(
    (one) =>
      html`<tr><td class="num">${duration(one.ms)}</td><td class="mono">${one.bar}</td><td>${waitInWords(one)}</td></tr>`,
  );
  return html`<section id="waits"><h2>Waiting, on the critical path</h2><div class="scroll"><table><thead><tr><th>Time</th><th>In</th><th>For</th></tr></thead>
<tbody>${rows}</tbody></table></div></section>`;
}

function failure(record: FlightRecord): Markup | string {
  const { chain, consequences } = failureOf(record);
  if (chain.length === 0) return '';
  const items = chain.map(({ name, message }) => html`<li><b>${name}</b> ${message}</li>`);
  const broke = consequences.map(
    ({ step, lacked }) =>
      html`<li class="mono">${step}${lacked === undefined ? '' : html` <small>lacked ${lacked}</small>`}</li>`,
  );
  return html`<section class="failure" aria-label="Failure">
<h2>Why${record.failedStep === undefined ? '' : html`: <span class="mono">${record.failedStep}</span>`}</h2>
<ol class="chain">${items}</ol>
${broke.length === 0 ? '' : html`<p class="soft">Not done for it:</p><ul class="broke">${broke}</ul>`}
</section>`;
}

function journals({ journals: all }: FlightRecord): Markup[] {
  return all.map(
    ({ unit, lines }) => html`<section><details open><summary>Last lines of ${unit}</summary>
<pre>${lines.join('\n')}</pre></details></section>`,
  );
}

function facts(record: FlightRecord): Markup {
  const rows = factsOf(record).map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  );
  return html`<section><h2>Node</h2><dl>${rows}</dl></section>`;
}

const outcomes = ['failed', 'changed', 'unchanged', 'skipped'] as const;

function steps({ steps: all }: FlightRecord): Markup {
  const rows = all.map(
    ({ id, outcome, attempts, startedAt, finishedAt, error, differences = [] }) =>
      html`<tr data-outcome="${outcome}"><td class="mono">${id}</td><td class="o-${outcome}">${outcome}</td>
<td class="num">${startedAt === undefined || finishedAt === undefined ? '' : duration(finishedAt - startedAt)}</td><td class="num">${attempts || ''}</td>
<td>${differences.join('; ')}${error === undefined ? '' : html`<span class="error">${error}</span>`}</td></tr>`,
  );
  const choices = outcomes.map((one) => html`<option value="${one}">${one}</option>`);
  return html`<section id="steps"><h2>Steps</h2>
<div class="tools"><input id="filter" type="search" placeholder="Filter steps" aria-label="Filter steps">
<select id="outcome" aria-label="Outcome"><option value="">every outcome</option>${choices}</select>
<output id="shown" class="soft"></output></div>
<div class="scroll"><table><thead><tr><th>Step</th><th>Outcome</th><th>Took</th><th>Tries</th><th>What was different, or wrong</th></tr></thead>
<tbody>${rows}</tbody></table></div></section>`;
}

function calls({ calls: all, metadataRequests }: FlightRecord): Markup {
  const rows = all.map(
    ({ service, operation, count, failed }) =>
      html`<tr><td>${service}</td><td class="mono">${operation}</td><td class="num">${count}</td><td class="num ${failed > 0 ? 'bad-word' : ''}">${failed || ''}</td></tr>`,
  );
  return html`<section><h2>Calls</h2><div class="scroll"><table><thead><tr><th>Service</th><th>Operation</th><th>Calls</th><th>Failed</th></tr></thead>
<tbody><tr><td>metadata</td><td class="mono">GET</td><td class="num">${metadataRequests}</td><td></td></tr>${rows}</tbody></table></div></section>`;
}

function events({ events: all }: FlightRecord): Markup {
  const lines = all.map(
    (event) => `${duration(event.elapsed).padStart(10)}  ${sentenceOf(event) ?? event.type}`,
  );
  return html`<section><details><summary>All ${all.length} events</summary><pre>${lines.join('\n')}</pre></details></section>`;
}
