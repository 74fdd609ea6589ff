/** The status as text, for a person. */
import { duration } from './sentence.ts';
import type { StatusRecord } from './status.ts';

/** A few lines, the last line break included. `now`: milliseconds since the epoch. */
export function renderStatus(record: StatusRecord, now: number): string {
  const { identity, steps, verdict } = record;
  const over = record.state === 'done' || record.state === 'failed';
  const spent = duration((over ? record.updatedAt : now) - record.startedAt);
  const rows: [string, string | undefined][] = [
    ['state', `${record.state}${over ? ` after ${spent}` : ` for ${spent}`}`],
    ['started', new Date(record.startedAt).toISOString()],
    [
      'instance',
      identity && `${identity.instanceId}, ${identity.instanceType} in ${identity.zone}`,
    ],
    ['group', identity && (identity.group === '' ? 'none' : identity.group)],
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
    // A verdict of ABANDON says the same.
    ['failure', verdict?.result === 'ABANDON' ? undefined : record.failure],
    ['exit code', record.exitCode === undefined ? undefined : String(record.exitCode)],
    ['agent', `${record.agentVersion}${record.simulated ? ' (simulated)' : ''}`],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [row(name, value)])).join('');
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
