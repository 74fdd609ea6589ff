/** The obituary: a failed boot in some lines for the serial console, which keeps 64 KB and is all that is left to look at. */

import type { FlightRecord } from './flight-record.ts';
import { duration, holdInWords } from './sentence.ts';

const mostLines = 30;
const width = 200;

/** `kept`: where the whole record is, or is being put. At most 32 lines of 200 characters. */
export function obituary(record: FlightRecord, kept: readonly string[]): string {
  const { identity, verdict, failure, consequences, exitCode, agentVersion } = record;
  const ms = Date.parse(record.finishedAt) - Date.parse(record.startedAt);
  const who = [
    identity?.facts.instance_id ?? 'this instance',
    ...(identity === undefined ? [] : [`class ${identity.class.name}`]),
    ...(identity?.facts.group_name ? [`group ${identity.facts.group_name}`] : []),
  ].join(', ');
  const because = (verdict?.because ?? failure.at(0)?.message ?? '').split('\n');
  const lines = [
    `bootstrap-agent ${agentVersion}: ${verdict?.result ?? 'NOT BOOTED'} after ${duration(Math.max(0, ms))}, exit code ${exitCode} (${who})`,
    ...heldIn(record).map((line) => `  ${line}`),
    ...because.map((line) => `  ${line}`),
    ...(verdict?.faults ?? []).map((fault) => `  ${fault}`),
    ...(consequences.length === 0 ? [] : [`  not done for it: ${listed(consequences)}`]),
  ];
  const shown = lines.length > mostLines ? [...lines.slice(0, mostLines - 1), '  ...'] : lines;
  const where = kept.map((one) => `  record: ${one}`);
  return forConsole([...shown, ...where]);
}

/** Lines as a console takes them. */
export function forConsole(lines: readonly string[]): string {
  return `${lines.map((line) => printable(line).slice(0, width)).join('\n')}\n`;
}

/** First of all that a person needs who wants to look at it. */
function heldIn({ events }: FlightRecord): string[] {
  const last = events.findLast(({ type }) => type === 'hold-begun' || type === 'hold-ended');
  return last?.type === 'hold-begun' ? holdInWords(last).split('\n') : [];
}

function listed(consequences: FlightRecord['consequences']): string {
  const names = consequences.slice(0, 5).map(({ step }) => step);
  const more = consequences.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

/** What a program printed must not steer the terminal of whoever reads the console. */
function printable(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the point
  return line.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}
