/** Traced rehearsals: what it takes to record one, and to play a recorded one again. */
import { resolve } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { ConfigError } from '../../errors.ts';
import { exitCode } from '../../exit-code.ts';
import { localHost } from '../../host/local-host.ts';
import type { Scenario } from '../../simulator/scenario/scenario.ts';
import { firstDifference, Trace, type TraceHead } from '../../simulator/trace.ts';
import type { Output } from '../output.ts';
import { loadAhead } from './load-ahead.ts';

export type Staged = Omit<TraceHead, 'trace' | 'agentVersion'>;

/** Where a trace goes: a file, or somebody who wants its text. */
export type TraceTo = string | ((text: string) => void);

/**
 * A trace of the scenario about to begin. Throws ConfigError where it cannot be the same twice: the SDK's own patience with
 * a service that hangs is measured on this computer's clock.
 */
export async function beginTrace({ faults, name }: Scenario, clock: () => number): Promise<Trace> {
  const hangs = faults.find((fault) => fault.do === 'hang' && !fault.on.startsWith('imds'));
  if (hangs !== undefined)
    throw new ConfigError(
      `${name} cannot be traced: its fault on ${hangs.on} hangs, and how long the AWS SDK waits for an answer is no matter of the scenario's clock. Use { delay_ms } or reset instead`,
    );
  await loadAhead();
  return new Trace(clock);
}

export async function keepTrace(trace: Trace, staged: Staged, to: TraceTo): Promise<void> {
  const text = trace.text({ trace: 1, agentVersion: packageJson.version, ...staged });
  if (typeof to === 'string') await localHost().files.write(resolve(to), text);
  else to(text);
}

/** Plays a recorded rehearsal again by `play`, and says whether it is the same: 0, or 70 with the first difference. */
export async function replay(
  path: string,
  json: boolean,
  output: Output,
  play: (staged: Staged, to: (text: string) => void, silent: Output) => Promise<number>,
): Promise<number> {
  const recorded = (await localHost().files.read(resolve(path)))?.toString('utf8');
  const { trace: _, agentVersion, ...staged } = headOf(recorded, path);
  const fleet = staged.fleet === undefined ? '' : `, ${staged.fleet} nodes`;
  output.err(`Replaying ${path}: ${staged.scenario}${fleet}, seed ${staged.seed}\n`);
  let found: string | undefined;
  const silent = { ...output, out: () => undefined, err: () => undefined, terminal: false };
  const code = await play(staged, (text) => (found = text), silent);
  // Stopped by a person.
  if (found === undefined) return code;
  const difference = firstDifference(recorded ?? '', found);
  const lines = found.split('\n').length - 1;
  if (json) {
    const document = { trace: path, ...staged, same: difference === undefined, lines, difference };
    output.out(`${JSON.stringify(document, null, 2)}\n`);
  } else if (difference === undefined) {
    output.out(`The same, byte for byte: ${lines} lines.\n`);
  } else {
    const other = agentVersion === packageJson.version ? [] : [otherVersion(agentVersion)];
    const told = [
      `NOT the same. The first difference is in line ${difference.line}:`,
      `  recorded  ${difference.expected || '(nothing: the trace ends here)'}`,
      `  now       ${difference.found || '(nothing: the rehearsal ends here)'}`,
      'The scenario, its role or the agent changed since the trace was recorded.',
      ...other,
    ];
    output.out(`${told.join('\n')}\n`);
  }
  return difference === undefined ? exitCode.done : exitCode.bug;
}

function otherVersion(version: string): string {
  return `It was recorded by agent ${version}; this is ${packageJson.version}.`;
}

function headOf(text: string | undefined, path: string): TraceHead {
  if (text === undefined)
    throw new ConfigError(`There is no trace ${path}. Record one: agent rehearse --trace ${path}`);
  const [line = ''] = text.split('\n', 1);
  try {
    const head = JSON.parse(line) as Partial<TraceHead>;
    const { fleet = 1 } = head;
    const whole = typeof head.scenario === 'string' && typeof head.seed === 'string';
    if (head.trace === 1 && whole && Number.isInteger(fleet)) return head as TraceHead;
  } catch {
    // Not JSON: told below.
  }
  throw new ConfigError(
    `${path} is no trace of a rehearsal that this version can play: its first line must be {"trace":1,"scenario":…,"seed":…}, and is: ${line.slice(0, 80)}`,
  );
}
