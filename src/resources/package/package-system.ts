/** Package system: what apt and dnf have in common for us, and how their failures are told. */
import { StepError, UnavailableError } from '../../errors.ts';
import type { Finished, RunOptions } from '../../host/host.ts';
import { failureOf } from '../programs.ts';
import type { Effort, World } from '../resource.ts';

export interface PackageSystem {
  readonly name: 'apt' | 'dnf';
  /** Installed packages of these names, with each way in which their version may be spelled, the fullest last. */
  installed(
    names: readonly string[],
    world: World,
    signal?: AbortSignal,
  ): Promise<Map<string, readonly string[]>>;
  /** Throws UnavailableError where the network or a lock was in the way, else StepError. */
  install(wanted: readonly Wanted[], world: World, effort: Effort): Promise<void>;
  remove(wanted: readonly Wanted[], world: World, effort: Effort): Promise<void>;
}

export interface Wanted {
  readonly name: string;
  /** `present`, `absent`, or a version. */
  readonly version: string;
}

/** A download of everything over a slow network fits; one that hangs does not hold up the boot for ever. */
const timeoutSeconds = 900;

/** Runs a program of a package system, its lines told as progress. */
export function runTelling(
  argv: readonly [string, ...string[]],
  env: RunOptions['env'],
  { host, redactor }: World,
  { signal, progress }: Effort,
): Promise<Finished> {
  let waiting = false;
  const waits = (now: boolean) => {
    if (now !== waiting)
      progress(
        now ? { what: 'waiting', on: 'the lock of the package system' } : { what: 'resumed' },
      );
    waiting = now;
  };
  return host
    .run(argv, {
      ...(env === undefined ? {} : { env }),
      timeoutSeconds,
      signal,
      onLine: (line) => {
        waits(waitingForLock.test(line.trim()));
        progress({ what: 'line', line: redactor.text(line) });
      },
    })
    .finally(() => waits(false));
}

/** What apt says for each second that it waits for its lock, and dnf where another process has it. */
const waitingForLock = /^Waiting for (cache lock|process with pid)/;

/** The error for a failed run: `passing` says by what the program shows that trying again may help. */
export function packageError(
  doing: string,
  wanted: readonly Wanted[],
  finished: Finished,
  passing: RegExp,
  { redactor }: World,
): Error {
  const names = wanted.map(({ name, version }) =>
    version === 'present' || version === 'absent' ? name : `${name} ${version}`,
  );
  const message = failureOf(redactor, `${doing} ${names.join(', ')}`, finished, { timeoutSeconds });
  const mayPass = finished.timedOut || passing.test(`${finished.stdout}\n${finished.stderr}`);
  if (mayPass) return new UnavailableError(`${message}${whoHolds(finished)}`);
  const remedy = '\nCorrect packages in the role, or add the repository that has them.';
  return new StepError(doing === 'install' ? `${message}${remedy}` : message);
}

function whoHolds({ stderr }: Finished): string {
  return /Could not get lock|Unable to (acquire|lock)/.test(stderr)
    ? '\nAnother program is installing: see which (ps, journalctl), and mask its timer in the image (apt-daily.timer, apt-daily-upgrade.timer).'
    : '';
}
