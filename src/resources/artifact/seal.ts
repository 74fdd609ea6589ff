/**
 * Seals: notes that what lies at a place was verified and is whole. There are two of each. The one under /run is written at once;
 * it vanishes with the page cache that it vouches for. The one on disk is written after the data is durable. So a boot
 * need not wait for the disk, and after a power cut nothing half-written passes as whole: it is made again.
 */
import { createHash } from 'node:crypto';
import { messageOf } from '../../errors.ts';
import type { Files } from '../../host/host.ts';
import type { Effort, World } from '../resource.ts';

export interface Seal {
  /** sha256 of the object, hexadecimal. */
  readonly digest: string;
  /** Of a file: `Stat.identity` when it was written. */
  readonly identity?: string;
  /** Of a tree: path components that were stripped, and its turn among the releases. */
  readonly strip?: number;
  readonly order?: number;
}

/** The seal of `place`, or undefined where there is none. */
export async function readSeal(files: Files, place: string): Promise<Seal | undefined> {
  return sealIn(await files.read(inMemory(place))) ?? sealIn(await files.read(place));
}

/**
 * Seals at `place` what was just written below `path`: in memory now, on disk as soon as `path` is durable, which the step need not
 * wait for where the engine takes it over.
 */
export async function seal(
  world: World,
  effort: Effort,
  place: string,
  content: Seal,
  path: string,
): Promise<void> {
  const { files } = world.host;
  const text = `${JSON.stringify(content)}\n`;
  await files.write(inMemory(place), text);
  const onDisk = async () => {
    await files.settle(path);
    await files.write(place, text);
  };
  if (effort.afterwards === undefined) return onDisk();
  const because = (error: unknown) =>
    effort.progress({
      what: 'line',
      line: `could not be made durable, will be made again at the next boot: ${messageOf(error)}`,
    });
  effort.afterwards(onDisk().catch(because));
}

/** Takes both seals off: to be done before what they vouch for is touched. */
export async function unseal(files: Files, place: string): Promise<void> {
  await files.remove(place);
  await files.remove(inMemory(place));
}

function inMemory(place: string): string {
  return `/run/bootstrap-agent/artifacts/${createHash('sha256').update(place).digest('hex')}.json`;
}

function sealIn(bytes: Buffer | undefined): Seal | undefined {
  if (bytes === undefined) return undefined;
  try {
    const seal = JSON.parse(bytes.toString()) as Seal;
    return typeof seal.digest === 'string' ? seal : undefined;
  } catch {
    // Not a seal: what it should vouch for counts as not verified.
    return undefined;
  }
}
