/** The status as text, for a person. */
import { duration } from './sentence.ts';
import type { StatusRecord } from './status.ts';

/** A few lines, the last line break included. `now`: milliseconds since the epoch; `gone`: its process is, before the boot was over. */
export function renderStatus(record: StatusRecord, now: number, gone = false): string {
  const { identity, steps, verdict } = record;
  const rows: [string, string | undefined][] = [
    ['state', stateInWords(record, now, gone)],
    ['to do', gone ? goOn : undefined],
    ['started', new Date(record.startedAt).toISOString()],
    ['start', record.start],
    [
      'instance',
      identity && `${identity.instanceId}, ${identity.instanceType} in ${identity.zone}`,
    ],
    ['group', identity && (identity.group === '' ? 'none' : identity.group)],
    ['warm pool', record.pool],
    ['class', record.class],
    ['release', record.release],
    ['plan', record.planDigest?.slice(0, 12)],
    ['steps', steps.planned === 0 ? undefined : stepsInWords(steps)],
    ['at work', steps.current.length === 0 ? undefined : steps.current.join(', ')],
    ...Object.entries(record.probes).map(([id, answer]): [string, string] => [
      'probe',
      `${id}: ${answer}`,
    ]),
    [
      'verdict',
      verdict && [`${verdict.result}: ${verdict.because}`, ...(verdict.faults ?? [])].join('\n'),
    ],
    ['hook', record.hook],
    ...Object.entries(record.targets ?? {}).map(([name, seen]): [string, string] => [
      'target',
      `${name}: ${seen}`,
    ]),
    ['budget', record.exitCode === undefined ? record.budget : undefined],
    // A verdict of ABANDON says the same.
    ['failure', verdict?.result === 'ABANDON' ? undefined : record.failure],
    ['held', record.held],
    ['record', record.record],
    ['exit code', record.exitCode === undefined ? undefined : String(record.exitCode)],
    ['agent', `${record.agentVersion}${record.simulated ? ' (simulated)' : ''}`],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [row(name, value)])).join('');
}

const goOn =
  'systemctl start bootstrap-agent goes on from there (systemd does so by itself where it ran the agent); journalctl -b -t bootstrap-agent and dmesg may say what ended it';

function stateInWords(
  { state, process, startedAt, updatedAt }: StatusRecord,
  now: number,
  gone: boolean,
): string {
  // A clock that was set back meanwhile makes no boot shorter than nothing.
  const since = (at: number) => duration(Math.max(0, at - startedAt));
  if (gone)
    return `cut off: process ${process?.pid} ended without a word, ${state} when last heard of, after ${since(updatedAt)}`;
  return ['prepared', 'done', 'failed'].includes(state)
    ? `${state} after ${since(updatedAt)}`
    : `${state} for ${since(now)}`;
}

/** Further lines of a value stand below its first. */
function row(name: string, value: string): string {
  return `${name.padEnd(10)} ${value.replaceAll('\n', `\n${' '.repeat(11)}`)}\n`;
}

function stepsInWords(steps: StatusRecord['steps']): string {
  const done = steps.unchanged + steps.changed;
  const parts = [`${steps.changed} changed`, `${steps.unchanged} unchanged`];
  if (steps.failed > 0) parts.push(`${steps.failed} failed`);
  if (steps.skipped > 0) parts.push(`${steps.skipped} skipped`);
  return `${done} of ${steps.planned} done (${parts.join(', ')})`;
}
