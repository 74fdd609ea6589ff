/** The scene of a failed boot: what only the machine itself can still tell, before its group ends it. */
import type { Platform, UnitJournal } from '../engine/flight-record.ts';
import {
  agentUnit,
  type MachineTimes,
  machineTimes,
  managerProperties,
  unitProperties,
} from '../engine/machine-times.ts';
import type { Report } from '../engine/report.ts';
import type { Host } from '../host/host.ts';
import type { Plan } from '../plan/plan.ts';

const lines = 60;
/** One broken line of a program must not push the others out. */
const longestLine = 2_000;
const mostUnits = 4;
/** journalctl reads files; where the disk hangs, the group waits for nobody. */
const patienceSeconds = 3;

/** Kernel, distribution and runtime; what the machine does not tell is absent. */
export async function platformOf({ files }: Pick<Host, 'files'>): Promise<Platform> {
  const [kernel, release] = await Promise.all(
    ['/proc/sys/kernel/osrelease', '/etc/os-release'].map((path) =>
      files.read(path).then(
        (bytes) => bytes?.toString('utf8').trim(),
        () => undefined,
      ),
    ),
  );
  const distribution = /^PRETTY_NAME="?(.*?)"?$/m.exec(release ?? '')?.[1];
  return {
    node: process.version,
    ...(kernel && { kernel }),
    ...(distribution && { distribution }),
  };
}

/**
 * What systemd says of when the machine's parts began: of itself, of the agent, and of the units of the plan, in two calls.
 * `agentMs`: since the kernel started. Undefined where systemd does not answer. Never rejects.
 */
export async function machineTimesOf(
  host: Pick<Host, 'run'>,
  plan: Plan | undefined,
  agentMs: number,
): Promise<MachineTimes | undefined> {
  const units = (plan?.steps ?? []).flatMap((step) =>
    step.kind === 'service' && step.state === 'started' ? [step.unit] : [],
  );
  const show = async (properties: readonly string[], ...of: readonly string[]) => {
    const argv = ['systemctl', 'show', `--property=${properties.join(',')}`, ...of] as const;
    const { exitCode, stdout } = await host.run([...argv], { timeoutSeconds: patienceSeconds });
    return exitCode === 0 ? stdout : '';
  };
  try {
    const [manager, all] = await Promise.all([
      show(managerProperties),
      show(unitProperties, agentUnit, ...units),
    ]);
    return all === '' ? undefined : machineTimes(agentMs, manager, all);
  } catch {
    return undefined;
  }
}

/**
 * The last lines of the units that the failure may be of: that of the step that failed, or, where probes did, all that the
 * plan starts. Not redacted. Never rejects.
 */
export async function journalsOf(
  host: Host,
  plan: Plan | undefined,
  report: Report | undefined,
): Promise<UnitJournal[]> {
  const services = (plan?.steps ?? []).flatMap((step) =>
    step.kind === 'service' && step.state === 'started' ? [step] : [],
  );
  const failed = report?.failure?.step;
  const whose = failed === undefined ? services : services.filter(({ id }) => id === failed);
  // The services that a failed boot brought up last depend on the others: they come first.
  const units = whose.map(({ unit }) => unit).slice(-mostUnits);
  const read = units.map(async (unit) => ({ unit, lines: await lastLinesOf(host, unit) }));
  return (await Promise.all(read)).filter((journal) => journal.lines.length > 0);
}

async function lastLinesOf(host: Host, unit: string): Promise<string[]> {
  const form = ['-b', '-n', `${lines}`, '-o', 'short-iso', '--no-hostname', '--no-pager'];
  try {
    const { exitCode, stdout } = await host.run(['journalctl', '-u', unit, ...form], {
      timeoutSeconds: patienceSeconds,
    });
    if (exitCode !== 0) return [];
    const all = stdout.split('\n').filter((line) => line !== '');
    return all.slice(-lines).map((line) => line.slice(0, longestLine));
  } catch {
    return [];
  }
}
