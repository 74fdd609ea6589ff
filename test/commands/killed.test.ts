import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shippedScenarios } from '../../src/commands/simulated.ts';
import { loadScenario } from '../../src/simulator/scenario/load-scenario.ts';
import { startSimulation } from '../../src/simulator/simulation.ts';
import { machineTree } from './machine-tree.ts';

const source = fileURLToPath(new URL('boot-in-a-process.ts', import.meta.url));
const roles = fileURLToPath(new URL('../../roles', import.meta.url));
const scenario = await loadScenario('tomcat', shippedScenarios());
let folder: string;
let program: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bootstrap-agent-killed-'));
  program = join(folder, 'boot.mjs');
  // Some eighty processes: from one file, compiled once, each starts in a fraction of the time.
  await build({
    entryPoints: [source],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly killed: boolean;
  readonly exitCode?: number;
  readonly journaled?: number;
  readonly because?: string;
}

/** Boots a machine with a kernel of its own (one boot id for all runs, as after `kill -9` of the agent alone). */
async function bootInAProcess(root: string, env: object, dieAt: number): Promise<Outcome> {
  const argument = JSON.stringify({ root, description: scenario.machine, env, roles, dieAt });
  const child = spawn(process.execPath, [program, argument], {
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  const [, signal] = await once(child, 'close');
  return signal === 'SIGKILL' ? { killed: true } : { killed: false, ...JSON.parse(stdout) };
}

/** Boots one machine as often as `dieAt` has entries, each boot killed at that journal write; 0: never. */
async function booted(name: string, dieAt: readonly number[]) {
  const root = join(folder, name);
  const simulation = await startSimulation(scenario);
  try {
    const outcomes: Outcome[] = [];
    for (const each of dieAt) outcomes.push(await bootInAProcess(root, simulation.env, each));
    const calls = simulation.aws.ledger.of('autoscaling', 'CompleteLifecycleAction');
    return {
      outcomes,
      tree: machineTree(root),
      taken: calls.filter(({ status }) => status === 200).length,
    };
  } finally {
    await simulation.close();
    rmSync(root, { recursive: true, force: true });
  }
}

it('kill -9 at whatever journal write, and a second boot, end in the same machine', async () => {
  const whole = await booted('whole', [0]);
  expect(whole.outcomes).toMatchObject([{ killed: false, exitCode: 0 }]);
  const writes = whole.outcomes[0]?.journaled ?? 0;
  expect(writes).toBeGreaterThan(30);
  const points = Array.from({ length: writes }, (_, index) => index + 1).values();
  const worker = async () => {
    for (const dieAt of points) {
      const killed = await booted(`killed-${dieAt}`, [dieAt, 0]);
      const at = `killed at write ${dieAt} of ${writes}`;
      expect(killed.outcomes, at).toMatchObject([{ killed: true }, { killed: false, exitCode: 0 }]);
      expect(killed.tree, at).toEqual(whole.tree);
      expect(killed.taken, at).toBe(1);
    }
  };
  await Promise.all([worker(), worker()]);
}, 300_000);
