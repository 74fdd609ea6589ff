/** Machines that the simulated EC2 launches: each on a copy of its image's disk; and the disks that are kept as snapshots. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/errors.ts';
import type { Cloud } from './cloud/cloud.ts';
import type { Host, HostedMachine } from './cloud/hosting.ts';
import { containers } from './container.ts';
import { Instance } from './instances.ts';
import { sh } from './sh.ts';

interface Launched {
  readonly machine: Instance;
  readonly layers: readonly string[];
  powerOn(): Promise<void>;
}

export class LaunchedMachines implements Host {
  /** Snapshot -> lower directories of an overlay, topmost first. */
  readonly disks: Map<string, readonly string[]>;
  readonly #cloud: Cloud;
  readonly #folder: string;
  readonly #machines = new Map<string, Launched>();
  /** What is left of machines that are gone. */
  readonly #consoles: string[] = [];

  /** `folder`: where disks lie. `disks`: those that are there from the start. */
  constructor(cloud: Cloud, folder: string, disks: Readonly<Record<string, readonly string[]>>) {
    this.#cloud = cloud;
    this.#folder = folder;
    this.disks = new Map(Object.entries(disks));
    cloud.host = this;
  }

  machine(instanceId: string): Instance {
    const { machine } = this.#known(instanceId);
    return machine;
  }

  /** The machine of an instance that is being launched, once it runs. */
  async running(instanceId: string, seconds = 300): Promise<Instance> {
    const giveUp = performance.now() + seconds * 1000;
    while (this.#machines.get(instanceId)?.machine.running !== true) {
      if (performance.now() > giveUp)
        throw new Error(`not within ${seconds} s: ${instanceId} runs`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return this.machine(instanceId);
  }

  /** All that machines wrote on their consoles, also of those that are gone. */
  get consoles(): string {
    const present = [...this.#machines.values()].map(({ machine }) => machine.console);
    return [...this.#consoles, ...present].join('\n');
  }

  async launch(hosted: HostedMachine, wentOff: () => void): Promise<void> {
    try {
      await this.#launch(hosted, wentOff);
    } catch (error) {
      // EC2 tells of it in a word or two.
      this.#consoles.push(`${hosted.instanceId} was not launched: ${messageOf(error)}`);
      throw error;
    }
  }

  async #launch(
    { instanceId, address, snapshotId }: HostedMachine,
    wentOff: () => void,
  ): Promise<void> {
    const layers = this.disks.get(snapshotId);
    if (layers === undefined) throw new Error(`there is no disk ${snapshotId}`);
    const plugged = {
      ...containers,
      plug: (cloud: Cloud, { name }: { name: string }) => cloud.plug(name, address),
    };
    const machine = new Instance(this.#cloud, instanceId, layers, this.#folder, plugged);
    const powerOn = async () => {
      await machine.powerOn();
      // Of itself, or because it was asked to: EC2 knows which. A reboot ends in another code.
      void machine.off.then((code) => code === 0 && wentOff());
    };
    this.#machines.set(instanceId, { machine, layers, powerOn });
    await powerOn();
  }

  async start(instanceId: string): Promise<void> {
    await this.#known(instanceId).powerOn();
  }

  async stop(instanceId: string): Promise<void> {
    await this.machine(instanceId).powerOff();
  }

  async terminate(instanceId: string): Promise<void> {
    const machine = this.machine(instanceId);
    this.#consoles.push(machine.console);
    await machine.destroy();
    this.#machines.delete(instanceId);
  }

  /** What was changed since its image becomes a layer above that image's. */
  async keepDisk(instanceId: string, snapshotId: string): Promise<void> {
    const { machine, layers } = this.#known(instanceId);
    const kept = join(this.#folder, snapshotId);
    mkdirSync(this.#folder, { recursive: true });
    // With what overlayfs notes in extended attributes and device files: folders that hide others, files that are gone.
    sh('cp', '-a', machine.upper, kept);
    this.disks.set(snapshotId, [kept, ...layers]);
  }

  async copyDisk(snapshotId: string, copyId: string): Promise<void> {
    const layers = this.disks.get(snapshotId);
    if (layers === undefined) throw new Error(`there is no disk ${snapshotId}`);
    this.disks.set(copyId, layers);
  }

  /** Its layer may lie under others: the folder stays until all are gone. */
  async forgetDisk(snapshotId: string): Promise<void> {
    this.disks.delete(snapshotId);
  }

  async close(): Promise<void> {
    for (const { machine } of this.#machines.values()) await machine.destroy();
    this.#machines.clear();
    for (const snapshotId of this.disks.keys())
      rmSync(join(this.#folder, snapshotId), { recursive: true, force: true });
  }

  #known(instanceId: string): Launched {
    const known = this.#machines.get(instanceId);
    if (known === undefined) throw new Error(`there is no machine ${instanceId}`);
    return known;
  }
}
