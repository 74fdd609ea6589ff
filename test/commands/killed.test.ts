import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shippedScenarios } from '../../src/commands/simulated.ts';
import { status } from '../../src/commands/status.ts';
import { loadScenario } from '../../src/simulator/scenario/load-scenario.ts';
import { type Simulation, startSimulation } from '../../src/simulator/simulation.ts';
import { machineTree } from './machine-tree.ts';
import { type OneBoot, oneBoot } from './one-boot.ts';
import { printed } from './printed.ts';
import { warnings } from './trial-boot.ts';

const source = fileURLToPath(new URL('boot-in-a-process.ts', import.meta.url));
const roles = fileURLToPath(new URL('../../roles', import.meta.url));
const scenario = await loadScenario('tomcat', shippedScenarios());
let folder: string;
let program: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bootstrap-agent-killed-'));
  program = join(folder, 'boot.mjs');
  // Some eighty processes: from one file, compiled once, each starts in a fraction of the time.
  const bundle = await rolldown({
    input: source,
    platform: 'node',
    resolve: { mainFields: ['module', 'main'] },
    checks: { ineffectiveDynamicImport: false },
  });
  await bundle.write({ file: program, format: 'es', codeSplitting: false });
  await bundle.close();
});
// A worker may still be at it where another one failed.
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const settings = (root: string, env: Readonly<Record<string, string>>) => ({
  root,
  description: scenario.machine,
  env,
  roles,
});

/** A boot in a process of its own, which ends by SIGKILL at that write of its journal. */
async function killedBoot(
  root: string,
  env: Readonly<Record<string, string>>,
  die: NonNullable<OneBoot['die']>,
): Promise<unknown> {
  const child = spawn(
    process.execPath,
    [program, JSON.stringify({ ...settings(root, env), die })],
    {
      env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  const [code, signal] = await once(child, 'close');
  return signal ?? code;
}

/** A machine and its cloud, for as long as `doing` takes. */
async function withMachine<T>(
  name: string,
  doing: (root: string, simulation: Simulation) => Promise<T>,
): Promise<T> {
  const root = join(folder, name);
  const simulation = await startSimulation(scenario);
  try {
    return await doing(root, simulation);
  } finally {
    await simulation.close();
    rmSync(root, { recursive: true, force: true });
  }
}

const completions = ({ aws }: Simulation) =>
  aws.ledger.of('autoscaling', 'CompleteLifecycleAction').filter(({ status }) => status === 200)
    .length;

/** A boot that nothing disturbs: what it makes of the machine, and how often its journal writes. */
const undisturbed = () =>
  withMachine('whole', async (root, { env }) => {
    const { result, writes } = await oneBoot(settings(root, env));
    expect(result.exitCode).toBe(0);
    return { tree: machineTree(root), writes };
  });

it('kill -9 at every write of the journal, after it and within it: the next boot ends in the same machine', async () => {
  const { tree, writes } = await undisturbed();
  expect(writes).toBeGreaterThan(30);
  const points = Array.from({ length: 2 * writes }, (_, index) => ({
    at: Math.floor(index / 2) + 1,
    torn: index % 2 === 0,
  })).values();
  const worker = async () => {
    for (const die of points) {
      const at = `killed at write ${die.at} of ${writes}${die.torn ? ', within it' : ''}`;
      await withMachine(`killed-${die.at}-${die.torn}`, async (root, simulation) => {
        expect(await killedBoot(root, simulation.env, die), at).toBe('SIGKILL');
        const { result } = await oneBoot(settings(root, simulation.env));
        expect([result.exitCode, result.verdict.because], at).toEqual([0, expect.anything()]);
        // Without its first line a journal holds no run; after its last one the boot was over.
        const kind = die.at === 1 && die.torn ? 'first boot' : 'resume after a crash';
        const over = die.at === writes && !die.torn;
        expect(result.record.start?.kind, at).toBe(over ? 'run again' : kind);
        expect(warnings(result), at).toEqual([]);
        expect(machineTree(root), at).toEqual(tree);
        expect(completions(simulation), at).toBe(1);
      });
    }
  };
  await Promise.all([worker(), worker()]);
}, 900_000);

it('agent status says that a boot was cut off, and what to do', async () => {
  await withMachine('status', async (root, simulation) => {
    const { writes } = await undisturbed();
    await killedBoot(root, simulation.env, { at: Math.floor(writes / 2), torn: false });
    const [text, json] = [printed(), printed()];
    expect(await status({ root }, text)).toBe(75);
    expect(text.stdout).toMatch(/^state +cut off: process \d+ ended without a word, \w+ when last/);
    expect(text.stdout).toContain('systemctl start bootstrap-agent');
    expect(await status({ root, json: true }, json)).toBe(75);
    expect(JSON.parse(json.stdout)).toMatchObject({ gone: true });
    await oneBoot(settings(root, simulation.env));
    const after = printed();
    expect(await status({ root }, after)).toBe(0);
    expect(after.stdout).toMatch(/^start +resume after a crash$/m);
  });
});
