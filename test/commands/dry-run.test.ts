import { describe, expect, it } from 'vitest';
import { boot } from '../../src/commands/boot.ts';
import { dryRun, planned } from '../../src/commands/dry-run.ts';
import { simulatedSurroundings } from '../../src/commands/simulated.ts';
import { ConfigError, UnavailableError } from '../../src/errors.ts';
import { machineTree } from './machine-tree.ts';
import { printed } from './printed.ts';

const never = new AbortController().signal;
const reading = /^(Get|BatchGet|Head|List|Describe)/;

describe('agent dry-run', () => {
  it.each(['tomcat', 'erlang', 'php'])(
    'of %s prints the plan that is expected',
    async (scenario) => {
      const output = printed();
      expect(await dryRun({ scenario }, {}, output, never)).toBe(0);
      await expect(output.stdout).toMatchFileSnapshot(`expected/dry-run-${scenario}.txt`);
      expect(output.stdout.split('\n').filter((line) => [...line].length > 100)).toEqual([]);
      expect(output.stdout).not.toContain('undefined');
      expect(output.stderr).toBe('');
    },
  );

  it('changes nothing, on the machine or in AWS, before a boot and after one', async () => {
    const surroundings = await simulatedSurroundings('tomcat');
    const { simulation } = surroundings;
    try {
      for (const when of ['before', 'after']) {
        const before = machineTree(simulation.root, { all: true });
        const calls = simulation.aws.ledger.calls.length;
        const commands = surroundings.simulation.host.commands.length;
        await planned(surroundings, 'test', never);
        expect(machineTree(simulation.root, { all: true }), when).toEqual(before);
        const made = simulation.aws.ledger.calls.slice(calls);
        expect(made.filter(({ operation }) => !reading.test(operation))).toEqual([]);
        expect(made.map(({ service }) => service)).not.toContain('secretsmanager');
        const ran = simulation.host.commands
          .slice(commands)
          .map(({ argv }) => argv.slice(0, 3).join(' '));
        expect(
          ran.filter(
            (command) =>
              !/^(dpkg-query|systemctl (show|is-enabled)|getent|\/bin\/sh -euc test )/.test(
                command,
              ),
          ),
        ).toEqual([]);
        if (when === 'before')
          await boot(surroundings, { agentVersion: '0', listeners: [], signal: never });
      }
    } finally {
      await simulation.close();
    }
  });

  it('gives one JSON document, and explains one step down to file and line', async () => {
    const json = printed();
    await dryRun({ scenario: 'tomcat', json: true }, {}, json, never);
    const document = JSON.parse(json.stdout);
    expect(document.class.name).toBe('tomcat');
    expect(document.simulated).toBe(true);
    const explained = printed();
    await dryRun({ scenario: 'tomcat', explain: 'sysctl' }, {}, explained, never);
    expect(explained.stdout).toMatch(/roles\/tomcat\.yaml:\d+/);
    expect(explained.stdout).toMatch(/roles\/base\.yaml:\d+/);
  });

  it('refuses a step that is not in the plan, naming near ones', async () => {
    const asked = dryRun({ scenario: 'tomcat', explain: 'service:tomcat' }, {}, printed(), never);
    await expect(asked).rejects.toThrow(ConfigError);
    await expect(asked).rejects.toThrow(/service:tomcat10/);
  });

  it('ends when a boot would have given up, and tells meanwhile what it waits for', async () => {
    const output = printed();
    const asked = dryRun({ scenario: 's3-down' }, {}, output, never);
    await expect(asked).rejects.toThrow(UnavailableError);
    await expect(asked).rejects.toThrow(/^No plan after 120 s of trying: s3:GetObject of .*503/);
    expect(output.stderr).toMatch(/s3 GetObject {2}again in .*503 SlowDown/);
    expect(output.stdout).toBe('');
  });
});
