/** Triggers: the sockets, timers and paths by which systemd starts a service later, and the note of those held back with it. */
import type { Files, Host } from '../../host/host.ts';

export interface Trigger {
  readonly unit: string;
  /** As `systemctl list-unit-files` has it: `enabled`, `disabled`, `static`. */
  readonly state: string;
}

/**
 * The unit files of these names that there are, and their states. Exit code 1 of newer versions of systemctl is not looked
 * at: it says that there is none of them.
 */
export async function unitFileStates(
  host: Host,
  units: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Trigger[]> {
  const words = ['list-unit-files', '--no-legend', '--no-pager', '--plain', '--', ...units];
  const { stdout } = await host.run(['systemctl', ...words], { ...(signal && { signal }) });
  return stdout.split('\n').flatMap((line) => {
    const [unit = '', state = ''] = line.trim().split(/\s+/);
    return unit === '' ? [] : [{ unit, state }];
  });
}

/** What systemd takes for the triggers of a service where these do not say otherwise (systemd.socket(5), Service=). */
export function triggersByName(service: string): string[] {
  const stem = service.replace(/\.service$/, '');
  return stem === service ? [] : ['socket', 'timer', 'path'].map((type) => `${stem}.${type}`);
}

/** Says which triggers were enabled or active when the service was held back: its start brings them back, and no others. */
export async function noteTriggers(
  files: Files,
  service: string,
  triggers: readonly Trigger[],
): Promise<void> {
  const known = await notedTriggers(files, service);
  const added = triggers.filter(({ unit }) => !known.some((one) => one.unit === unit));
  if (added.length === 0) return;
  const lines = [...known, ...added].map(({ unit, state }) => `${unit} ${state}\n`);
  await files.write(notePath(service), lines.join(''));
}

export async function notedTriggers(files: Files, service: string): Promise<Trigger[]> {
  const text = (await files.read(notePath(service)))?.toString('utf8') ?? '';
  return text
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([unit = '', state = '']) => (state === '' ? [] : [{ unit, state }]));
}

export async function forgetTriggers(files: Files, service: string): Promise<void> {
  await files.remove(notePath(service));
}

/** In the image, or on the disk of a node of a warm pool: both are there at the next power-on. */
function notePath(service: string): string {
  return `/etc/bootstrap-agent/held-back/${service}`;
}
