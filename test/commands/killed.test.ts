import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { shippedScenarios } from '../../src/commands/simulated.ts';
import { loadScenario } from '../../src/simulator/scenario/load-scenario.ts';
import { startSimulation } from '../../src/simulator/simulation.ts';
import { machineTree } from './machine-tree.ts';

const program = fileURLToPath(new URL('boot-in-a-process.ts', import.meta.url));
const roles = fileURLToPath(new URL('../../roles', import.meta.url));

interface Outcome {
  readonly killed: boolean;
  readonly exitCode?: number;
  readonly journaled?: number;
  readonly because?: string;
}

/** Boots a machine with a kernel of its own (one boot id for all runs, as after `kill -9` of the agent alone). */
async function bootInAProcess(
  root: string,
  name: string,
  env: object,
  dieAt: number,
): Promise<Outcome> {
  const scenario = await loadScenario(name, shippedScenarios());
  const argument = JSON.stringify({ root, description: scenario.machine, env, roles, dieAt });
  const child = spawn(process.execPath, [program, argument], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  const [, signal] = await once(child, 'close');
  return signal === 'SIGKILL' ? { killed: true } : { killed: false, ...JSON.parse(stdout) };
}

describe('kill -9 of the agent', () => {
  it('at whatever journal write, and a second boot, end in the same machine', async () => {
    const scenario = await loadScenario('tomcat', shippedScenarios());
    const folder = mkdtempSync(join(tmpdir(), 'bootstrap-agent-killed-'));
    const simulated = async <T>(
      run: (env: object, told: () => string[]) => Promise<T>,
    ): Promise<T> => {
      const simulation = await startSimulation(scenario);
      const told = () =>
        simulation.aws.ledger
          .of('autoscaling', 'CompleteLifecycleAction')
          .map(({ status }) => String(status));
      try {
        return await run(simulation.env, told);
      } finally {
        await simulation.close();
      }
    };
    try {
      const whole = join(folder, 'whole');
      const uninterrupted = await simulated((env) => bootInAProcess(whole, 'tomcat', env, 0));
      expect(uninterrupted).toMatchObject({ killed: false, exitCode: 0 });
      const writes = uninterrupted.journaled ?? 0;
      expect(writes).toBeGreaterThan(20);
      const wanted = machineTree(whole);
      // Every third write, and the last: all of them take minutes.
      for (let dieAt = 1; dieAt <= writes; dieAt += 3) {
        const root = join(folder, `killed-${dieAt}`);
        const { first, second, signals } = await simulated(async (env, told) => ({
          first: await bootInAProcess(root, 'tomcat', env, dieAt),
          second: await bootInAProcess(root, 'tomcat', env, 0),
          signals: told(),
        }));
        expect(first.killed, `write ${dieAt}`).toBe(true);
        expect(second, `write ${dieAt}`).toMatchObject({ killed: false, exitCode: 0 });
        expect(machineTree(root), `write ${dieAt}`).toEqual(wanted);
        expect(signals).toEqual(['200']);
        rmSync(root, { recursive: true });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 300_000);
});
