/** A real machine: its own systemd as PID 1, its own disk above the image, its own network; power, and a way in. */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud } from './cloud/cloud.ts';
import { containers } from './container.ts';
import type { Frame, Hypervisor, Power, Ran } from './hypervisor.ts';
import { sh, tried } from './sh.ts';

export type { Ran } from './hypervisor.ts';

export class Machine {
  readonly name: string;
  readonly address: string;
  /** The root file system of its image; a container goes on using it, a virtual machine gets a copy at its first power-on. */
  readonly root: string;
  /** What was changed on it since the image. */
  readonly upper: string;
  readonly #folder: string;
  readonly #hypervisor: Hypervisor;
  #power: Power | undefined;

  /** Puts a machine together; it is off. `layers`: lower directories, topmost first. */
  constructor(
    cloud: Cloud,
    name: string,
    layers: readonly string[],
    folder: string,
    hypervisor: Hypervisor = containers,
  ) {
    this.#hypervisor = hypervisor;
    this.name = `ba-${process.pid}-${name}`;
    this.#folder = join(folder, this.name);
    this.root = join(this.#folder, 'root');
    for (const one of ['upper', 'work', 'root'])
      mkdirSync(join(this.#folder, one), { recursive: true });
    this.upper = join(this.#folder, 'upper');
    const work = join(this.#folder, 'work');
    const options = `lowerdir=${layers.join(':')},upperdir=${this.upper},workdir=${work}`;
    sh('mount', '-t', 'overlay', 'overlay', '-o', options, this.root);
    hypervisor.furnish(this.#frame);
    this.address = hypervisor.plug(cloud, this.#frame);
  }

  get running(): boolean {
    return this.#power !== undefined;
  }

  /** Resolves when it goes off; it is on. */
  get off(): Promise<number> {
    return this.#power?.off ?? Promise.resolve(0);
  }

  async powerOn(): Promise<void> {
    const console = openSync(this.#console, 'a');
    const power = this.#hypervisor.powerOn(this.#frame, console);
    closeSync(console);
    this.#power = power;
    void power.off.then(() => {
      this.#power = undefined;
    });
    await power.up;
  }

  /** Ends everything in it at once: what was not on the disk is what the kernel had not been given, or had not written. */
  async cutPower(): Promise<void> {
    const power = this.#power;
    power?.cut();
    await power?.off;
  }

  /** Shuts down in good order, as EC2 does when an instance is stopped. */
  async powerOff(): Promise<void> {
    const power = this.#power;
    power?.press();
    await power?.off;
  }

  async reboot(): Promise<void> {
    const power = this.#power;
    await this.run('systemctl', 'reboot');
    await power?.off;
    await this.powerOn();
  }

  /** Runs a program in the machine as its root. Gives code 97 where the machine is off. */
  async run(...argv: readonly string[]): Promise<Ran> {
    return this.#power?.run(argv) ?? { code: 97, stdout: '', stderr: 'the machine is off' };
  }

  /** Its output, trimmed; throws where it fails. */
  async say(...argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...argv);
    if (code === 0) return stdout.trim();
    throw new Error(`in ${this.name}: ${argv.join(' ')}: exit code ${code}\n${stderr}${stdout}`);
  }

  read(path: string): string {
    return this.#hypervisor.read(this.#frame, path);
  }

  /** Asks until the answer is true. The time is there so that a broken machine ends the test with its evidence. */
  async until(
    what: string,
    ask: () => boolean | Promise<boolean>,
    seconds = this.#hypervisor.patience.seconds,
  ): Promise<void> {
    const giveUp = performance.now() + seconds * 1000;
    while (!(await ask())) {
      if (performance.now() > giveUp)
        throw new Error(`${this.name}: not within ${seconds} s: ${what}`);
      const { lookEveryMs } = this.#hypervisor.patience;
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }

  /** All that it has written on its console. */
  get console(): string {
    return existsSync(this.#console) ? readFileSync(this.#console, 'utf8') : '';
  }

  /** What explains a failed test: its console and its journal. It is off afterwards. */
  async evidence(): Promise<string> {
    let journal = '';
    try {
      journal = (await this.run('journalctl', '--no-pager', '-o', 'short-monotonic', '-n', '400'))
        .stdout;
      await this.cutPower();
      journal ||= sh(
        ...(['journalctl', '-D', this.#hypervisor.journal(this.#frame)] as const),
        ...['--no-pager', '-o', 'short-monotonic', '-n', '400'],
      );
    } catch (error) {
      journal += String(error);
    }
    return `--- console of ${this.name}\n${this.console}\n--- journal of ${this.name}\n${journal}`;
  }

  async destroy(): Promise<void> {
    if (this.running) await this.cutPower();
    if (!tried('umount', this.root)) sh('umount', '-l', this.root);
    this.#hypervisor.remove(this.#frame);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #frame(): Frame {
    return { name: this.name, folder: this.#folder, root: this.root };
  }

  get #console(): string {
    return join(this.#folder, 'console.log');
  }
}
