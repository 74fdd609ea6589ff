/** Releases: the unpacked trees of one artifact, side by side in `<path>.releases`, each named by its object's digest. */
import { basename } from 'node:path/posix';
import type { Files, Stat } from '../../host/host.ts';
import type { Effort, World } from '../resource.ts';
import type { ArtifactStep } from '../step.ts';
import { cachePath } from './cache.ts';
import { readSeal, type Seal, seal, unseal } from './seal.ts';

const digestName = /^[0-9a-f]{64}$/;
const leftoverName = /^\.(staging|old)-/;

export class Releases {
  readonly #files: Files;
  readonly #step: ArtifactStep;
  readonly #directory: string;
  /** Where the wanted release lies once it is whole. */
  readonly release: string;
  /** Where it is unpacked. */
  readonly staging: string;
  /** What the symlink says: relative, so that it also holds where the root of this machine is mounted elsewhere. */
  readonly target: string;

  constructor(files: Files, step: ArtifactStep) {
    this.#files = files;
    this.#step = step;
    this.#directory = `${step.path}.releases`;
    this.release = `${this.#directory}/${step.sha256}`;
    this.staging = `${this.#directory}/.staging-${step.sha256}`;
    this.target = `${basename(step.path)}.releases/${step.sha256}`;
  }

  /** The wanted release's top directory, or undefined where it is not there whole. */
  async find(): Promise<Stat | undefined> {
    const sealed = await this.#sealOf(this.#step.sha256);
    if (sealed?.digest !== this.#step.sha256 || sealed.strip !== this.#step.strip) return undefined;
    const stat = await this.#files.stat(this.release);
    return stat?.type === 'directory' ? stat : undefined;
  }

  /** What is there beyond the releases to keep: those that a killed try did not come to remove, and its leftovers. */
  async surplus(): Promise<number> {
    const names = await this.#files.list(this.#directory);
    const unpacked = names.filter((name) => digestName.test(name)).length;
    const leftovers = names.filter((name) => leftoverName.test(name)).length;
    return Math.max(0, unpacked - this.#step.keep) + leftovers;
  }

  /** Removes what a try that failed or was killed left behind. */
  async sweep(): Promise<void> {
    for (const name of await this.#files.list(this.#directory)) {
      if (leftoverName.test(name)) await this.#files.remove(`${this.#directory}/${name}`);
    }
  }

  /** Gives the staged tree its name. A tree that has it already (not whole, or of another owner) makes way. */
  async adopt(): Promise<void> {
    await unseal(this.#files, this.#sealPlace(this.#step.sha256));
    if ((await this.#files.stat(this.release)) !== undefined) {
      // Two renames, since removing thousands of files takes long: the current release is away for an instant only.
      await this.#files.rename(this.release, `${this.#directory}/.old-${this.#step.sha256}`);
    }
    await this.#files.rename(this.staging, this.release);
  }

  /** Says that the wanted release is whole, and that its turn is the latest. */
  async seal(world: World, effort: Effort): Promise<void> {
    const { sha256: digest, strip } = this.#step;
    const others = (await this.#unpacked()).filter((other) => other.digest !== digest);
    const latest = Math.max(0, ...others.map((other) => other.order));
    const sealed = await this.#sealOf(digest);
    if (sealed?.digest === digest && sealed.strip === strip && (sealed.order ?? 0) > latest) return;
    const order = latest + 1;
    await seal(world, effort, this.#sealPlace(digest), { digest, strip, order }, this.release);
  }

  /** Removes the oldest releases beyond those to keep, and their objects from the cache. */
  async prune(): Promise<void> {
    const latestFirst = (await this.#unpacked()).sort((a, b) => b.order - a.order);
    for (const { digest } of latestFirst.slice(this.#step.keep)) {
      if (digest === this.#step.sha256) continue;
      await unseal(this.#files, this.#sealPlace(digest));
      await this.#files.remove(cachePath(digest));
      // Last, since by this `surplus` sees what is left to do.
      await this.#files.remove(`${this.#directory}/${digest}`);
    }
  }

  /** All release directories; one without a seal is not whole and counts as the oldest. */
  async #unpacked(): Promise<{ digest: string; order: number }[]> {
    const names = await this.#files.list(this.#directory);
    const digests = names.filter((name) => digestName.test(name));
    return Promise.all(
      digests.map(async (digest) => ({ digest, order: (await this.#sealOf(digest))?.order ?? 0 })),
    );
  }

  #sealOf(digest: string): Promise<Seal | undefined> {
    return readSeal(this.#files, this.#sealPlace(digest));
  }

  #sealPlace(digest: string): string {
    return `${this.#directory}/${digest}.json`;
  }
}
