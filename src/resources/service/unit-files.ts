/** The files we write for a unit: a whole unit file, and a drop-in with what the role adds and its credentials. */
import { contentDifference } from '../content.ts';
import type { Difference, World } from '../resource.ts';
import { secretPath } from '../secret-files.ts';
import type { ServiceStep, Text } from '../step.ts';
import { hasSecrets, resolvedText } from '../text.ts';

export interface WantedFile {
  readonly aspect: 'unit file' | 'drop-in';
  readonly path: string;
  /** Undefined: ours alone, and not wanted any more. */
  readonly content: Text | undefined;
}

/** The files that the step wants, or wants gone. A unit file that it does not name is not ours. */
export function wantedFiles(step: ServiceStep): WantedFile[] {
  const folder = '/etc/systemd/system';
  const dropIn: WantedFile = {
    aspect: 'drop-in',
    path: `${folder}/${step.unit}.d/50-bootstrap-agent.conf`,
    content: dropInOf(step),
  };
  if (step.unitFile === undefined) return [dropIn];
  return [{ aspect: 'unit file', path: `${folder}/${step.unit}`, content: step.unitFile }, dropIn];
}

/** What differs; nothing where the file is as wanted. */
export async function fileDifference(
  { aspect, path, content }: WantedFile,
  world: World,
): Promise<Difference | undefined> {
  const stat = await world.host.files.stat(path);
  if (content !== undefined) return contentDifference(aspect, path, content, stat, world);
  return stat === undefined ? undefined : { aspect, found: path, wanted: 'absent' };
}

export async function writeFile({ path, content }: WantedFile, world: World): Promise<void> {
  const { host, redactor } = world;
  if (content === undefined) return host.files.remove(path);
  const text = await resolvedText(content, host, redactor);
  // systemd reads it as root; where secrets are in it nobody else does.
  await host.files.write(path, text, { mode: hasSecrets(content) ? 0o600 : 0o644 });
}

function dropInOf({ dropIn, credentials }: ServiceStep): Text | undefined {
  const loads = Object.keys(credentials)
    .sort()
    .map((name) => `LoadCredential=${name}:${secretPath(credentials[name] ?? '')}\n`);
  if (loads.length === 0) return dropIn;
  // A section may be opened twice; both are one (systemd.syntax(7)).
  return [...(dropIn ?? []), `${dropIn === undefined ? '' : '\n'}[Service]\n${loads.join('')}`];
}
