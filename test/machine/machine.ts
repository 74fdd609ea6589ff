/** A real machine: its own systemd as PID 1, its own disk above the image, its own network; power, and a way in. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud } from './cloud/cloud.ts';
import { binds, resetKernel, writeKernel } from './kernel.ts';
import { enter, killLeader, leaderOf, nspawn, removeGroups } from './nspawn.ts';
import { sh, tried } from './sh.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Machine {
  readonly name: string;
  readonly address: string;
  /** Its root file system, also while it is off. */
  readonly root: string;
  /** What was changed on it since the image. */
  readonly upper: string;
  readonly #folder: string;
  #power: ChildProcess | undefined;
  #off: Promise<number> = Promise.resolve(0);

  /** Puts a machine together; it is off. `layers`: lower directories, topmost first. */
  constructor(cloud: Cloud, name: string, layers: readonly string[], folder: string) {
    this.name = `ba-${process.pid}-${name}`;
    this.#folder = join(folder, this.name);
    this.root = join(this.#folder, 'root');
    for (const one of ['upper', 'work', 'root'])
      mkdirSync(join(this.#folder, one), { recursive: true });
    this.upper = join(this.#folder, 'upper');
    const work = join(this.#folder, 'work');
    const options = `lowerdir=${layers.join(':')},upperdir=${this.upper},workdir=${work}`;
    sh('mount', '-t', 'overlay', 'overlay', '-o', options, this.root);
    writeKernel(this.root);
    this.address = cloud.plug(this.name);
  }

  get running(): boolean {
    return this.#power !== undefined;
  }

  async powerOn(): Promise<void> {
    resetKernel(this.root);
    const console = openSync(this.#console, 'a');
    const power = nspawn(this.name, this.root, binds, console);
    this.#power = power;
    this.#off = new Promise((resolve) =>
      power.once('exit', (code) => {
        this.#power = undefined;
        resolve(code ?? -1);
      }),
    );
    await this.until('PID 1 is there', () => leaderOf(power.pid) !== undefined || !this.running);
  }

  /** Ends PID 1 and with it everything, at once: what was not on the disk is what the kernel had not been given. */
  async cutPower(): Promise<void> {
    killLeader(this.#power?.pid);
    await this.#off;
  }

  /** Shuts down in good order, as EC2 does when an instance is stopped. */
  async powerOff(): Promise<void> {
    this.#power?.kill('SIGTERM');
    await this.#off;
  }

  async reboot(): Promise<void> {
    await this.run('systemctl', 'reboot');
    await this.#off;
    await this.powerOn();
  }

  /** Runs a program in the machine as its root. Gives code 97 where the machine is off. */
  async run(...argv: readonly string[]): Promise<Ran> {
    return enter(leaderOf(this.#power?.pid), argv);
  }

  /** Its output, trimmed; throws where it fails. */
  async say(...argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...argv);
    if (code === 0) return stdout.trim();
    throw new Error(`in ${this.name}: ${argv.join(' ')}: exit code ${code}\n${stderr}${stdout}`);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  /** Asks every 50 ms until the answer is true. The time is there so that a broken machine ends the test with its evidence. */
  async until(what: string, ask: () => boolean | Promise<boolean>, seconds = 60): Promise<void> {
    const giveUp = performance.now() + seconds * 1000;
    while (!(await ask())) {
      if (performance.now() > giveUp)
        throw new Error(`${this.name}: not within ${seconds} s: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** All that it has written on its console. */
  get console(): string {
    return existsSync(this.#console) ? readFileSync(this.#console, 'utf8') : '';
  }

  /** What explains a failed test: its console and its whole journal. */
  evidence(): string {
    let journal = '';
    try {
      journal = sh(
        ...(['journalctl', '-D', join(this.root, 'var/log/journal')] as const),
        ...['--no-pager', '-o', 'short-monotonic', '-n', '400'],
      );
    } catch (error) {
      journal = String(error);
    }
    return `--- console of ${this.name}\n${this.console}\n--- journal of ${this.name}\n${journal}`;
  }

  async destroy(): Promise<void> {
    if (this.running) await this.cutPower();
    if (!tried('umount', this.root)) sh('umount', '-l', this.root);
    sh('ip', 'netns', 'del', this.name);
    removeGroups(this.name);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #console(): string {
    return join(this.#folder, 'console.log');
  }
}
