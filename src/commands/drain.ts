/** `agent drain`: takes this node out of service by hand, or brings it back; the watch does the work where it runs. */
import packageJson from '../../package.json' with { type: 'json' };
import type { Clock } from '../clock.ts';
import { duration } from '../engine/sentence.ts';
import { BusyError, ConfigError, StepError, UnavailableError } from '../errors.ts';
import { exitCode } from '../exit-code.ts';
import type { Host, Lock } from '../host/host.ts';
import { smallOf } from '../host/small-host.ts';
import { byHandPath, type Drain, type Leaving, readLeaving } from '../lifecycle/leaving.ts';
import { drainOrdersPath } from '../plan/drain-orders.ts';
import type { Output } from './output.ts';
import type { Environment } from './surroundings.ts';

export interface DrainOptions {
  /** Bring the node back instead. */
  readonly cancel?: boolean;
  readonly json?: boolean;
}

/** The watch looks every five seconds; one that has not begun after so many looks does not run any more, ms. */
const patienceMs = 30_000;
const lookEveryMs = 200;
const over: readonly Drain['state'][] = ['drained', 'incomplete', 'returned', 'lost'];

export interface DrainedNode {
  readonly env: Environment;
  readonly host: Host;
  readonly clock: Clock;
  /** Whether a process of this id runs. */
  readonly runs: (pid: number) => Promise<boolean>;
}

/**
 * Gives 0 when the node is drained (or back), 1 when not all of it was done. Throws ConfigError where no boot has come so
 * far that there is something to drain, BusyError where somebody else drains it or brings it back by hand at this moment, StepError
 * where its record is damaged, or where a notice keeps it drained that is to come back.
 */
export async function drain(
  options: DrainOptions,
  node: DrainedNode,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const { host } = node;
  if ((await host.files.stat(drainOrdersPath)) === undefined)
    throw new ConfigError(
      `There is nothing to drain: no boot of the agent has come so far since power-on (${drainOrdersPath} is not there). See agent status`,
    );
  const turn = takeTurn(node);
  let record: Leaving;
  try {
    record = await asked(options, node, output, signal);
  } finally {
    turn.release();
  }
  if (options.json) output.out(`${JSON.stringify(record, null, 2)}\n`);
  else output.out(`${inWords(record)}\n`);
  return ['drained', 'returned'].includes(record.drain?.state ?? '')
    ? exitCode.done
    : exitCode.unhealthy;
}

/** One wish at a time: two that contradict each other would both be told that theirs was done. */
function takeTurn({ host, clock }: DrainedNode): Lock {
  const turn = host.lock('drain', Math.round(clock.now()));
  if (!('holder' in turn)) return turn;
  const { pid, since } = turn.holder;
  throw new BusyError(
    `Somebody drains this node by hand, or brings it back: process ${pid}, since ${new Date(since).toISOString()}. Nothing was done. agent status shows how far it is; try again when it is over`,
  );
}

async function asked(
  options: DrainOptions,
  node: DrainedNode,
  output: Output,
  signal: AbortSignal,
): Promise<Leaving> {
  const { files } = node.host;
  const since = (await readLeaving(files))?.drain;
  if (options.cancel) await files.remove(byHandPath);
  else await files.write(byHandPath, '{}\n', { mode: 0o600 });
  return (await helper(node))(since, options, node, output, signal);
}

type Follow = (
  since: Drain | undefined,
  options: DrainOptions,
  node: DrainedNode,
  output: Output,
  signal: AbortSignal,
) => Promise<Leaving>;

/** Whoever does the work: the watch that runs, or this process as long as it takes. */
async function helper({ host, runs }: DrainedNode): Promise<Follow> {
  const leaving = await readLeaving(host.files);
  return leaving?.watching && (await runs(leaving.pid)) ? follow : asWatch;
}

const asWatch: Follow = async (since, options, node, output, signal) => {
  const { watch } = await import('./watch.ts');
  const { logListener } = await import('../engine/log.ts');
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const { env, host, clock } = node;
  const log = logListener({ write: output.err, format: 'pretty', level: 'info' });
  const listeners = [log];
  const agentVersion = packageJson.version;
  const watching = watch({
    env,
    host: smallOf(host),
    clock,
    agentVersion,
    listeners,
    signal: until,
  });
  try {
    return await Promise.race([
      follow(since, options, node, { ...output, err: () => undefined }, signal),
      watching.then(() =>
        Promise.reject(new UnavailableError('stopped before the drain was over')),
      ),
    ]);
  } finally {
    stop.abort();
    await watching.catch(() => undefined);
  }
};

/** Waits until what was asked for is done, telling each stage as it ends. */
const follow: Follow = async (since, { cancel }, { host, clock }, output, signal) => {
  let giveUp = clock.monotonic() + patienceMs;
  let told = 0;
  for (;;) {
    const record = await readLeaving(host.files);
    const drain = record?.drain;
    const begun = drain !== undefined && (drain.id !== since?.id || drain.state !== since.state);
    const stages = begun ? drain.stages : [];
    for (const { stage, outcome, ms, because } of stages.slice(told))
      output.err(`${stage}: ${outcome}, ${duration(ms)}${because ? `: ${because}` : ''}\n`);
    told = stages.length;
    const done = drain !== undefined && over.includes(drain.state);
    const there = cancel ? drain?.state === 'returned' : drain?.kinds.includes('by-hand');
    if (record !== undefined && done && there) return record;
    if (record !== undefined && begun && drain.state === 'lost') return record;
    if (record !== undefined && cancel && drain === undefined) return record;
    // Taken back while the drain goes on: what keeps the node drained is known only when that is over.
    if (cancel ? !done : begun) giveUp = clock.monotonic() + patienceMs;
    if (clock.monotonic() > giveUp) throw cancel ? staysDrained(record) : notBegun();
    await clock.sleep(lookEveryMs, signal);
  }
};

function notBegun(): Error {
  return new UnavailableError(
    'The watch has not begun within 30 s: see journalctl -u bootstrap-agent-watch; the wish stands, agent drain --cancel takes it back',
  );
}

/** Somebody else than the operator keeps it out of service, or else nobody answers. */
function staysDrained(record: Leaving | undefined): Error {
  const others = (record?.notices ?? []).filter(({ kind }) => kind !== 'by-hand');
  if (others.length === 0)
    return new UnavailableError(
      'Nobody drains this node by hand any more, but the watch has not begun to bring it back within 30 s: see journalctl -u bootstrap-agent-watch',
    );
  const reasons = others.map(({ because, source }) => `${because} (${source})`).join('; ');
  return new StepError(
    `Nobody drains this node by hand any more, but it stays drained: ${reasons}. The watch brings it back once that is withdrawn and the group wants it in service; agent status shows it`,
  );
}

function inWords({ drain, notices }: Leaving): string {
  if (drain === undefined) return 'This node is not drained.';
  const failed = drain.stages.filter(({ outcome }) => outcome !== 'done');
  const left = failed.map(({ stage, because }) => `\n  not done: ${stage}: ${because ?? ''}`);
  switch (drain.state) {
    case 'drained':
      return 'This node is drained: agent drain --cancel brings it back.';
    case 'returned':
      return notices.some(({ kind }) => kind === 'detached')
        ? 'This node does its work again, detached: the target groups of the group that it was in are left alone. To put it back: aws autoscaling attach-instances.'
        : 'This node is back in service.';
    case 'lost':
      return 'This node is wanted again, but its boot failed: see agent status.';
    default:
      return `This node is drained, but not all of it was done:${left.join('')}`;
  }
}
