/** What runs machines: containers of this machine's kernel, or virtual machines with one of their own. */
import type { Cloud } from './cloud/cloud.ts';

export interface Hypervisor {
  /** How long to wait for what a machine does, before it counts as broken, and how often to look. Looking costs it time. */
  readonly patience: { readonly seconds: number; readonly lookEveryMs: number };
  /** Connects a machine that is off to the cloud's network; gives the address it will have. */
  plug(cloud: Cloud, frame: Frame): string;
  /** Writes into the root file system what a machine needs to run here, before it is first switched on. */
  furnish(frame: Frame): void;
  /** Switches it on. `console`: descriptor of the file that gets what it writes there. */
  powerOn(frame: Frame, console: number): Power;
  /** A file of a machine that may be off. */
  read(frame: Frame, path: string): string;
  /** A folder with the journal of a machine that is off. */
  journal(frame: Frame): string;
  /** Takes away what `plug` and `powerOn` made; the machine is off. */
  remove(frame: Frame): void;
}

/** A machine as its hypervisor knows it. */
export interface Frame {
  readonly name: string;
  /** The folder of this machine alone. */
  readonly folder: string;
  /** The merged root file system of its image. */
  readonly root: string;
}

/** A machine that is on. */
export interface Power {
  /** Resolves when there is a process in it to speak of; rejects where it went off before. */
  readonly up: Promise<void>;
  /** Resolves with an exit code when it is off. */
  readonly off: Promise<number>;
  /** Ends it at once, as a power cut does. */
  cut(): void;
  /** Asks it to shut down, as EC2 does when an instance is stopped. */
  press(): void;
  /** Runs a program in it as its root. */
  run(argv: readonly string[]): Promise<Ran>;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
