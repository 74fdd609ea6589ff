/** The scene of a failed boot: what only the machine itself can still tell, before its group ends it. */
import type { Platform, UnitJournal } from '../engine/flight-record.ts';
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
