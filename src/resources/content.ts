/** What differs in the content of a text file, told without showing what may be secret. */
import type { Stat } from '../host/host.ts';
import type { Difference, World } from './resource.ts';
import type { Text } from './step.ts';
import { hasSecrets, printable, resolveText } from './text.ts';

/** Larger contents are described instead of shown. */
const longestShown = 256 * 1024;

/** The difference between the file at `path` and `wanted`; nothing where they are the same. `stat`: of the path. */
export async function contentDifference(
  aspect: string,
  path: string,
  wanted: Text,
  stat: Stat | undefined,
  { host, redactor }: World,
): Promise<Difference | undefined> {
  const bytes = stat?.type === 'file' ? await host.files.read(path) : undefined;
  const text = await resolveText(wanted, host, redactor);
  if (bytes !== undefined && text !== undefined && bytes.equals(Buffer.from(text)))
    return undefined;
  const found = bytes === undefined ? undefined : shown(bytes, wanted, stat);
  return { aspect, ...(found === undefined ? {} : { found }), wanted: printable(wanted) };
}

function shown(bytes: Buffer, wanted: Text, stat: Stat | undefined): string {
  if (hasSecrets(wanted)) return 'another content (not shown: the file holds secrets)';
  // What not everybody may read may be a secret that an earlier role put there.
  if (stat !== undefined && (stat.mode & 0o004) === 0) {
    return 'another content (not shown: not everybody may read the file)';
  }
  if (bytes.length > longestShown || bytes.includes(0)) {
    return `another content (not shown: ${bytes.length} bytes${bytes.includes(0) ? ', binary' : ''})`;
  }
  return bytes.toString('utf8');
}
