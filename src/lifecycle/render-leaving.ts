/** The watch and the drain as text, for a person. */
import type { Leaving } from './leaving.ts';

/** A few lines as those of `agent status`, the last line break included. `runs`: the process of the record still runs. */
export function renderLeaving(leaving: Leaving, runs: boolean): string {
  const { notices, drain, silentSince } = leaving;
  const time = (at: number) => new Date(at).toISOString();
  const rows: string[][] = [['watch', watchInWords(leaving, runs)]];
  if (silentSince != null)
    rows.push(['', `the metadata service is silent since ${time(silentSince)}`]);
  for (const { because, source, until } of notices)
    rows.push([
      'notice',
      `${because} (${source})${until === undefined ? '' : `, by ${time(until)}`}`,
    ]);
  if (drain !== undefined) {
    const { state, startedAt, finishedAt, because, stages } = drain;
    const when =
      finishedAt === undefined
        ? `since ${time(startedAt)}, until ${time(drain.until)} at most`
        : `after ${Math.round((finishedAt - startedAt) / 100) / 10} s`;
    rows.push(['drain', `${state} ${when}: ${because}`]);
    for (const { stage, outcome, because: why } of stages)
      rows.push(['', `${stage}: ${outcome}${why === undefined ? '' : `: ${why}`}`]);
  }
  return rows.map(([name = '', text]) => `${name.padEnd(10)} ${text}\n`).join('');
}

function watchInWords({ watching, pid }: Leaving, runs: boolean): string {
  if (!watching) return 'not running: systemctl start bootstrap-agent-watch';
  if (runs) return `running, process ${pid}`;
  return `ended without a word (it was process ${pid}): journalctl -u bootstrap-agent-watch`;
}
