/** One simulated disk, booted again and again: in the same cloud, as after a reboot, or launched anew in another. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { BootResult } from '../../src/commands/boot.ts';
import type { SimulatedSurroundings } from '../../src/commands/simulated.ts';
import { simulatedMachine } from '../../src/simulator/machine/simulated-machine.ts';
import { metadataOf } from '../../src/simulator/metadata/instance.ts';
import { surroundingsOf } from './trial-boot.ts';

export class Disk {
  readonly root: string;

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'bootstrap-agent-disk-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    this.root = join(folder, 'machine');
  }

  /** Launches an instance with this disk: a cloud of its own. Its power is on. */
  async launch(yaml = '', files: Readonly<Record<string, string>> = {}, scenario = 'tomcat') {
    return this.powerOn(await surroundingsOf(yaml, files, scenario));
  }

  /** The same instance after its power was off: another boot of the kernel, and what was in memory is gone. */
  async powerOn(surroundings: SimulatedSurroundings): Promise<SimulatedSurroundings> {
    for (const memory of ['run', 'proc', 'sys'])
      rmSync(join(this.root, memory), { recursive: true, force: true });
    const { clock, scenario } = surroundings;
    const host = await simulatedMachine({ root: this.root, description: scenario.machine, clock });
    onTestFinished(() => host.close());
    return { ...surroundings, host };
  }
}

/** Changes what the identity document says from now on: `pendingTime`, `instanceType`. */
export function documentSays(
  { simulation, scenario, clock }: SimulatedSurroundings,
  changes: Readonly<Record<string, string>>,
): void {
  const key = 'dynamic/instance-identity/document';
  const document = JSON.parse(metadataOf(scenario.instance, clock).get(key)?.() ?? '{}');
  simulation.metadata.set(key, JSON.stringify({ ...document, ...changes }));
}

/** Calls of Auto Scaling since the last look. */
export function groupCalls({ simulation }: SimulatedSurroundings): () => string[] {
  let seen = 0;
  return () => {
    const all = simulation.aws.ledger
      .of('autoscaling')
      .map(({ operation, status }) => `${operation} ${status}`);
    const fresh = all.slice(seen);
    seen = all.length;
    return fresh;
  };
}

export function changedSteps({ record }: BootResult): string[] {
  return record.steps.filter(({ outcome }) => outcome === 'changed').map(({ id }) => id);
}

export function hookEvent({ events }: BootResult): readonly unknown[] {
  return events.flatMap((event) =>
    event.type === 'hook-completed' ? [event.result, event.outcome] : [],
  );
}
