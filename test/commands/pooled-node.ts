/** A node on its way through a warm pool: its disk, its power and its watch, and what was done to it while it was in the pool. */
import { onTestFinished } from 'vitest';
import type { BootResult } from '../../src/commands/boot.ts';
import type { SimulatedSurroundings } from '../../src/commands/simulated.ts';
import { watch } from '../../src/commands/watch.ts';
import type { Event } from '../../src/events.ts';
import type { Host } from '../../src/host/host.ts';
import { smallOf } from '../../src/host/small-host.ts';
import type { Occurrence } from '../../src/simulator/occurrence.ts';
import { Disk } from './same-disk.ts';
import { boots } from './trial-boot.ts';

const targetState = 'meta-data/autoscaling/target-lifecycle-state';

export class PooledNode {
  readonly disk = new Disk();
  readonly boots: BootResult[] = [];
  readonly events: Event[] = [];
  /** Every program that was run, and what the target lifecycle state was then. */
  readonly ran: { readonly argv: readonly string[]; readonly state: string }[] = [];
  /** What boots told, and what the target lifecycle state was then. */
  readonly happened: { readonly event: Event; readonly state: string }[] = [];
  readonly #launched: SimulatedSurroundings;
  #node: SimulatedSurroundings;
  #stop: () => Promise<void> = async () => undefined;
  #state: string;

  constructor(launched: SimulatedSurroundings, disk: Disk, state: string) {
    this.disk = disk;
    this.#launched = launched;
    this.#node = launched;
    this.#state = state;
    const { metadata } = launched.simulation;
    const set = metadata.set.bind(metadata);
    metadata.set = (key, value) => {
      if (key === targetState && value !== undefined) this.#state = String(value);
      set(key, value);
    };
    this.#watchPrograms();
  }

  /** `yaml`: what is other than in `scenario`; minutes pass in seconds where it does not say how fast. */
  static async launch(
    pool: string,
    yaml = '',
    files: Readonly<Record<string, string>> = {},
    { scenario = 'tomcat', speed = 60 } = {},
  ) {
    const disk = new Disk();
    const instance = `instance: { target_lifecycle_state: "Warmed:${pool}" }\n`;
    const watchUnit = `machine: { files: { /usr/lib/systemd/system/bootstrap-agent-watch.service: "[Service]\\n" } }\n`;
    const launched = await disk.launch(
      `speed: ${speed}\n${instance}${watchUnit}${yaml}`,
      files,
      scenario,
    );
    return new PooledNode(launched, disk, `Warmed:${pool}`);
  }

  get host(): Host {
    return this.#node.host;
  }

  get surroundings(): SimulatedSurroundings {
    return this.#node;
  }

  async boot(): Promise<BootResult> {
    const listener = (event: Event) => void this.happened.push({ event, state: this.#state });
    const result = await boots(this.#node, { listeners: [listener] });
    this.boots.push(result);
    return result;
  }

  /** Nobody watches it any more. */
  async powerOff(): Promise<void> {
    await this.#stop();
    this.#stop = async () => undefined;
  }

  /** Power off and on again: another boot of the kernel, with the same disk. */
  async powerCycle(): Promise<void> {
    await this.powerOff();
    this.#node = await this.disk.powerOn(this.#launched);
    this.#watchPrograms();
  }

  /** As systemd runs it; a restart of the agent's unit is a boot of the agent. */
  watched(): void {
    const { env, clock, host } = this.#node;
    const run: Host['run'] = async (argv, options) => {
      if (argv.join(' ') !== 'systemctl restart -- bootstrap-agent.service')
        return host.run(argv, options);
      const { exitCode } = await this.boot();
      return { exitCode, stdout: '', stderr: '', timedOut: false };
    };
    const stop = new AbortController();
    const watching = watch({
      env,
      host: smallOf({ ...host, run }),
      clock,
      agentVersion: '0',
      listeners: [(event) => void this.events.push(event)],
      signal: stop.signal,
    });
    this.#stop = async () => {
      stop.abort();
      await watching;
    };
    onTestFinished(() => this.#stop());
  }

  occur(what: Occurrence['what']): void {
    this.#launched.simulation.occur({ what });
  }

  /** Ids of the steps that its last boot into the pool left for later. */
  get waiting(): readonly string[] {
    const entered = this.happened.findLast(({ event }) => event.type === 'pool-entered')?.event;
    return entered?.type === 'pool-entered' ? entered.waiting : [];
  }

  get history(): string[] {
    const { scenario, simulation } = this.#launched;
    const { group = '', instance_id: id } = scenario.instance;
    return (simulation.aws.group(group)?.instances[id]?.history ?? []).map(({ state }) => state);
  }

  get state(): string | undefined {
    return this.history.at(-1);
  }

  /** Waits until it is in this state of its group, and the agent done; the time is there to end a test that hangs. */
  async until(state: string, boots = 0): Promise<void> {
    const giveUp = performance.now() + 120_000;
    while (this.state !== state || this.boots.length < boots) {
      if (performance.now() > giveUp) throw new Error(`never ${state}: ${this.history.join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  secretReads(): number {
    const { calls } = this.#launched.simulation.aws.ledger;
    return calls.filter(({ operation }) => /GetSecretValue/.test(operation)).length;
  }

  #watchPrograms(): void {
    const { host } = this.#node;
    const run: Host['run'] = (argv, options) => {
      this.ran.push({ argv, state: this.#state });
      return host.run(argv, options);
    };
    this.#node = { ...this.#node, host: { ...host, run } };
  }
}

export function stepsOf(result: BootResult | undefined): string[] {
  return result?.record.steps.map(({ id }) => id) ?? [];
}
