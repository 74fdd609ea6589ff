/** A trial of a resource: a simulated machine in a temporary folder, AWS in memory, and a record of what was said. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { SecretAddress, SecretValue } from '../../src/aws/aws.ts';
import { fasterClock } from '../../src/clock.ts';
import { Redactor } from '../../src/redaction.ts';
import type { Drift, Resource, Staleness, World } from '../../src/resources/resource.ts';
import type { Step } from '../../src/resources/step.ts';
import type { MachineDescription } from '../../src/simulator/machine/description.ts';
import {
  type SimulatedMachine,
  simulatedMachine,
} from '../../src/simulator/machine/simulated-machine.ts';

export class Trial {
  readonly root: string;
  readonly machine: SimulatedMachine;
  readonly redactor = new Redactor();
  readonly world: World;
  /** Values that Secrets Manager holds, by name. */
  readonly stored = new Map<string, Buffer>();
  /** Calls to Secrets Manager: what each asked for. */
  readonly asked: (readonly SecretAddress[])[] = [];
  /** Lines of progress. */
  readonly lines: string[] = [];
  readonly #base: string;

  private constructor(base: string, machine: SimulatedMachine) {
    this.#base = base;
    this.root = join(base, 'machine');
    this.machine = machine;
    this.world = {
      host: machine,
      redactor: this.redactor,
      objects: {
        open: () => expect.unreachable('no object is read here'),
        read: () => expect.unreachable('no object is read here'),
      },
      secrets: { read: async (wanted) => this.#answer(wanted) },
    };
  }

  static async on(description: Partial<MachineDescription> = {}): Promise<Trial> {
    const base = await mkdtemp(join(tmpdir(), 'trial-'));
    const machine = await simulatedMachine({
      root: join(base, 'machine'),
      clock: fasterClock(1000),
      description: {
        distribution: 'debian',
        vcpus: 2,
        memory_mib: 4096,
        architecture: 'x86_64',
        ...description,
      },
    });
    return new Trial(base, machine);
  }

  check<S extends Step>(
    resource: Resource<S>,
    step: S,
    stale: Staleness = false,
  ): Promise<Drift | undefined> {
    return resource.check(step, this.world, { stale });
  }

  apply<S extends Step>(
    resource: Resource<S>,
    step: S,
    drift: Drift,
    stale: Staleness = false,
  ): Promise<void> {
    return resource.apply(step, this.world, {
      drift,
      stale,
      signal: new AbortController().signal,
      progress: (progress) => {
        if (progress.what === 'line') this.lines.push(progress.line);
      },
    });
  }

  /**
   * What every resource must show: the check finds a drift and changes nothing; after apply it finds none; a second apply
   * leaves every file, owner and mode as they are. Gives the drift.
   */
  async bring<S extends Step>(resource: Resource<S>, step: S): Promise<Drift> {
    const before = await this.tree();
    const drift = await this.check(resource, step);
    if (drift === undefined) return expect.unreachable('the check found no drift');
    expect(await this.tree()).toEqual(before);
    await this.apply(resource, step, drift);
    expect(await this.check(resource, step)).toBeUndefined();
    const after = await this.tree();
    await this.apply(resource, step, drift);
    expect(await this.check(resource, step)).toBeUndefined();
    expect(await this.tree()).toEqual(after);
    return drift;
  }

  /** What apply throws, after a check that found a drift. */
  async failure<S extends Step>(resource: Resource<S>, step: S): Promise<Error> {
    const drift = await this.check(resource, step);
    if (drift === undefined) return expect.unreachable('the check found no drift');
    return this.apply(resource, step, drift).then(
      () => expect.unreachable('apply went well'),
      (error: Error) => error,
    );
  }

  /** Every path of the machine with type, owner, group, mode and content. */
  async tree(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const name of (await readdir(this.root, { recursive: true })).sort()) {
      const stat = await this.machine.files.stat(`/${name}`);
      const content = stat?.type === 'file' ? await readFile(join(this.root, name), 'base64') : '';
      found[name] = [
        stat?.type,
        stat?.owner,
        stat?.group,
        stat?.mode,
        stat?.target,
        content,
      ].join();
    }
    return found;
  }

  async read(path: string): Promise<string | undefined> {
    return (await this.machine.files.read(path))?.toString();
  }

  /** Command lines that were run. */
  get ran(): string[] {
    return this.machine.commands.map(({ argv }) => argv.join(' '));
  }

  async close(): Promise<void> {
    await this.machine.close();
    await rm(this.#base, { recursive: true, force: true });
  }

  #answer(wanted: readonly SecretAddress[]): Map<string, SecretValue> {
    this.asked.push(wanted);
    const found = new Map<string, SecretValue>();
    for (const { from, versionStage = 'AWSCURRENT' } of wanted) {
      const bytes = this.stored.get(`${from} ${versionStage}`) ?? this.stored.get(from);
      if (bytes === undefined) continue;
      found.set(from, { bytes, binary: false, versionId: `v-${from}`, arn: `arn:${from}` });
    }
    return found;
  }
}

/** What a step has beside its own: one that needs nothing. */
export const alone = { needs: [], from: 'here' } as const;
