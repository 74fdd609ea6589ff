/** Instances for a test: launched in the cloud of its file, gone at its end, and telling what they know when it fails. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';
import type { FlightRecord } from '../../src/engine/flight-record.ts';
import type { PlanDocument } from '../../src/plan/render/plan-document.ts';
import type { Occurrence } from '../../src/simulator/occurrence.ts';
import type { Books, Page, Request, Response } from './cloud/books.ts';
import { Cloud } from './cloud/cloud.ts';
import { containers } from './container.ts';
import type { Hypervisor } from './hypervisor.ts';
import { Machine } from './machine.ts';
import { sh } from './sh.ts';

const scenarios = join(import.meta.dirname, 'scenarios');
export const unit = 'bootstrap-agent.service';

/**
 * Opens a cloud around the tests of a file; gives what launches an instance of a scenario in it. The machine is off.
 * `layers`: lower directories of its disk, topmost first; those of the image by default. `account`: instances that name the
 * same one share it; otherwise each has one of its own.
 */
export function instancesOfThisFile(): (
  scenario: string,
  layers?: readonly string[],
  account?: string,
  hypervisor?: Hypervisor,
) => Promise<Instance> {
  const { certificates, layers: image, folder } = inject('image');
  let cloud: Cloud | undefined;
  let launched = 0;
  beforeAll(async () => {
    cloud = await Cloud.open(certificates);
  });
  afterAll(() => cloud?.close());
  return async (scenario, layers = image, account, hypervisor = containers) => {
    if (cloud === undefined) throw new Error('the cloud is not open yet');
    const name = `${basename(scenario)}-${++launched}`;
    const instance = new Instance(cloud, name, layers, folder, hypervisor);
    onTestFinished(async ({ task }) => {
      if (task.result?.state === 'fail') console.error(await instance.evidence());
      await instance.destroy();
    });
    await cloud.launch(instance.address, resolve(scenarios, scenario), account);
    return instance;
  };
}

export class Instance extends Machine {
  readonly #cloud: Cloud;

  constructor(cloud: Cloud, ...of: readonly [string, readonly string[], string, Hypervisor]) {
    super(cloud, ...of);
    this.#cloud = cloud;
  }

  /** What the simulated AWS wrote down about it, and how it stands in its group. */
  async books(group: string): Promise<Books & { state: string; completions: number[] }> {
    const books = await this.#cloud.books(this.address, group);
    const { instanceId } = books;
    const state = books.group?.instances[instanceId]?.lifecycleState ?? 'in no group';
    const completions = books.calls
      .filter(({ operation }) => operation === 'CompleteLifecycleAction')
      .filter(({ subject }) => subject.endsWith(`/${instanceId}`))
      .map(({ status }) => status);
    return { ...books, state, completions };
  }

  /** Starts it after it was stopped, with what EC2 says of it changed meanwhile: another scenario, a start of its own. */
  async startAs(scenario: string): Promise<void> {
    await this.#cloud.launch(this.address, resolve(scenarios, scenario));
    await this.powerOn();
  }

  /** Lets something come over it: its group takes it out, a notice. */
  occur(what: Occurrence['what']): Promise<void> {
    return this.#cloud.occur(this.address, what);
  }

  page(port: number, path: string): Promise<Page> {
    return this.#cloud.page(this.address, port, path);
  }

  /** What it answers to a request that its load balancer sends on. */
  request(request: Request): Promise<Response> {
    return this.#cloud.request(this.address, request);
  }

  /** Puts an object into a bucket of its account. */
  put(bucket: string, key: string, text: string): Promise<void> {
    return this.#cloud.put(this.address, bucket, key, text);
  }

  /** Puts a file into its image, before the power goes on. */
  bake(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  /** Enables a unit that was baked. */
  enable(name: string): void {
    sh('systemctl', `--root=${this.root}`, 'enable', '--quiet', name);
  }

  /** Waits until the agent's unit is neither waiting nor at work; gives its properties. */
  async booted(): Promise<Readonly<Record<string, string>>> {
    let found: Record<string, string> = {};
    await this.until('the agent is done', async () => {
      found = await this.properties(unit);
      const { ActiveState = '', SubState = '' } = found;
      return ActiveState === 'failed' || SubState === 'exited';
    });
    return found;
  }

  async properties(of: string): Promise<Record<string, string>> {
    const { stdout } = await this.run('systemctl', 'show', of);
    const lines = stdout.split('\n').filter((line) => line.includes('='));
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  }

  /** The flight record of the last boot; of a virtual machine only while it is off. */
  get record(): FlightRecord {
    return JSON.parse(this.read('var/lib/bootstrap-agent/reports/latest.json')) as FlightRecord;
  }

  /** The same of a machine that is on, whatever it runs on. */
  async lastRecord(): Promise<FlightRecord> {
    return JSON.parse(await this.say('cat', '/var/lib/bootstrap-agent/reports/latest.json'));
  }

  /** The steps that changed something in the last boot. */
  get changed(): string[] {
    return this.record.steps.filter(({ outcome }) => outcome === 'changed').map(({ id }) => id);
  }

  /** Steps whose check finds the machine otherwise than planned, as the agent itself sees it now. */
  async drifting(): Promise<string[]> {
    return (await this.plan()).filter(({ drift }) => drift !== null).map(({ id }) => id);
  }

  /** The steps of its plan, each with what differs now. */
  async plan(): Promise<PlanDocument['steps']> {
    const bundle = 'AWS_CA_BUNDLE=/etc/bootstrap-agent/ca.crt';
    const json = await this.say('env', bundle, 'agent', 'dry-run', '--on-instance', '--json');
    return (JSON.parse(json) as PlanDocument).steps;
  }
}
