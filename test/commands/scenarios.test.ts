import { describe, expect, it } from 'vitest';
import { boot } from '../../src/commands/boot.ts';
import { rehearse } from '../../src/commands/rehearse.ts';
import { shippedScenarios, simulatedSurroundings } from '../../src/commands/simulated.ts';
import { listScenarios } from '../../src/simulator/scenario/load-scenario.ts';
import { machineTree } from './machine-tree.ts';
import { printed } from './printed.ts';

const never = new AbortController().signal;
const scenarios = listScenarios(shippedScenarios());

/** How the load balancer sees nodes that their group does not simply put into service after CONTINUE. */
const seenBy: Readonly<Record<string, RegExp>> = {
  'warm-pool': /as: not registered/,
  standalone: /in shop as: healthy/,
  'two-hooks': /as: not registered/,
  'hook-created-late': /in shop as: (initial|healthy)/,
};

describe('the scenarios that ship', () => {
  it('are at least those that the README names', () => {
    expect(scenarios.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'tomcat',
        'erlang',
        'php',
        'class-typo',
        's3-down',
        'never-healthy',
        'metadata-late',
        'not-in-a-group',
        'standalone',
        'warm-pool',
        'crash-loop',
      ]),
    );
  });

  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    '%s ends as its description says',
    async (name, { expect: described }) => {
      const output = printed();
      const code = await rehearse({ scenario: name }, output, never);
      expect(output.stdout).toContain('This is how the scenario describes it.');
      expect(code).toBe(described.exit);
      expect(output.stdout).toContain(described.verdict);
      expect(output.stderr).toContain('simulated');
      // Traffic goes to nodes that are healthy, and to no others.
      const continued = described.verdict === 'CONTINUE' && described.signal !== 'none';
      const seen = seenBy[name] ?? (continued ? /in shop as: healthy/ : /as: not registered/);
      expect(output.stdout).toMatch(seen);
    },
  );

  it('crash-loop: the expensive steps of the one that is refused are not done', async () => {
    const output = printed();
    await rehearse({ scenario: 'crash-loop', json: true }, output, never);
    expect(output.stderr.match(/^Before it: i-\d+ {2}ABANDON {2}probe:shop/gm)).toHaveLength(2);
    const { record, calls } = JSON.parse(output.stdout);
    const outcomes = Object.fromEntries(
      record.steps.map(({ id, outcome }: Record<string, string>) => [id, outcome]),
    );
    expect(outcomes).toMatchObject({ 'service:tomcat10': 'skipped' });
    expect(outcomes['artifact:shop']).not.toBe('changed');
    const subjects = calls.map(({ subject }: { subject: string }) => subject);
    expect(subjects.filter((one: string) => one.includes('/crash-loop/'))).toHaveLength(1);
  });

  const healthy = scenarios.filter(({ expect }) => expect.verdict === 'CONTINUE');
  it.each(healthy.map(({ name }) => name))('%s: a second boot changes nothing', async (name) => {
    const surroundings = await simulatedSurroundings(name);
    const { simulation } = surroundings;
    try {
      const options = { agentVersion: '0', listeners: [], signal: never };
      const first = await boot(surroundings, options);
      const before = machineTree(simulation.root);
      const calls = simulation.aws.ledger.calls.length;
      const second = await boot(surroundings, options);
      expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
      const outcomes = second.events.flatMap((event) =>
        event.type === 'step-finished' ? [`${event.step} ${event.outcome}`] : [],
      );
      expect(outcomes.length).toBeGreaterThan(5);
      expect(outcomes.filter((outcome) => !outcome.endsWith(' unchanged'))).toEqual([]);
      expect(machineTree(simulation.root)).toEqual(before);
      const again = simulation.aws.ledger.calls.slice(calls).map(({ operation }) => operation);
      expect(again).not.toContain('GetSecretValue');
    } finally {
      await simulation.close();
    }
  });
});
