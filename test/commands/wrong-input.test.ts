import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bootThisInstance } from '../../src/commands/boot-this-instance.ts';
import { rehearse } from '../../src/commands/rehearse.ts';
import { type SimulatedSurroundings, simulatedSurroundings } from '../../src/commands/simulated.ts';
import { watchedBoot } from '../../src/commands/watched-boot.ts';
import { ConfigError } from '../../src/errors.ts';
import { printed } from './printed.ts';
import { scenarioFolder } from './scenario-folder.ts';
import { type WrongBoot, wrongBoots } from './wrong-boots.ts';

const never = new AbortController().signal;
const head = 'extends: tomcat\ndescription: a mistake\n';

function folderOf({ yaml = '', files = {}, exit, told }: WrongBoot) {
  const expectation = `expect: { verdict: ABANDON, signal: ${told}, exit: ${exit} }\n`;
  return scenarioFolder({ 'scenario.yaml': head + expectation + yaml, ...files });
}

/** What Auto Scaling was told, in the simulator's own books. */
function told({ scenario, simulation }: SimulatedSurroundings): string {
  const { group = '', instance_id } = scenario.instance;
  const actions = Object.values(simulation.aws.group(group)?.instances[instance_id]?.actions ?? {});
  return actions.find(({ outcome }) => outcome?.how === 'completed')?.outcome?.result ?? 'none';
}

/** Files of `root` that somebody would find half done: temporary ones, and a .war that is not the published one. */
function halfDone({ scenario, simulation: { root } }: SimulatedSurroundings): string[] {
  const war = scenario.aws.buckets['acme-releases-eu-west-1']?.['shop/1.4.2/shop.war'];
  const wanted = war && 'bytes' in war ? digestOf(war.bytes) : undefined;
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      if (path.includes('/var/cache/bootstrap-agent/')) return false;
      if (/\.tmp$|\.staging-|\.partial|policy-rc\.d$/.test(path)) return true;
      return path.endsWith('/shop.war') && digestOf(readFileSync(path)) !== wanted;
    });
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const occurrences = (text: string, part: string) => text.split(part).length - 1;

describe('a boot with', () => {
  it.each(wrongBoots.map((wrong) => [wrong.mistake, wrong] as const))(
    '%s ends in one clear message',
    async (_, wrong) => {
      const folder = folderOf(wrong);
      const surroundings = await simulatedSurroundings(folder.path);
      const output = printed();
      try {
        const watching = { format: 'pretty', level: 'info' } as const;
        const result = await watchedBoot(surroundings, watching, output, never);
        const { because, faults = [] } = result.verdict;
        const reason = [because, ...faults].join('\n');
        for (const words of wrong.says) {
          if (typeof words === 'string') expect(reason).toContain(words);
          else expect(reason).toMatch(words);
        }
        expect([result.exitCode, result.verdict.result]).toEqual([wrong.exit, 'ABANDON']);
        expect(told(surroundings)).toBe(wrong.told);
        // The status may be being written still: another read of the metadata ends a moment after the one that failed.
        await expect.poll(() => halfDone(surroundings), { timeout: 60_000 }).toEqual([]);
        // All of it on the screen, and once.
        const screen = output.stderr;
        for (const fault of faults) expect(occurrences(screen, fault), fault).toBe(1);
        const [first = ''] = because.split('\n');
        const itself = first.replace(/^[\w-]+(:\S+)?: /, '');
        expect(occurrences(screen, itself), screen).toBe(1);
        expect(screen + reason).not.toMatch(/undefined|\[object|\n {4}at |a bug in the agent/);
        expect(reason.split('\n').filter((line) => line.length > 480)).toEqual([]);
        // What the agent leaves on the disk says it too, where there is a disk.
        if (result.recordPath !== undefined) {
          const record = readFileSync(
            join(surroundings.simulation.root, result.recordPath),
            'utf8',
          );
          expect(JSON.parse(record).verdict.because).toBe(because);
        }
      } finally {
        await surroundings.simulation.close();
        folder.remove();
      }
    },
    30_000,
  );

  it('a step that failed shows no other step as failed', async () => {
    const output = printed();
    const code = await rehearse({ scenario: 'access-denied' }, output, never);
    expect(code).toBe(78);
    expect(output.stderr.match(/ {2}failed {2}/g)).toHaveLength(1);
    expect(output.stdout.match(/ failed /g)).toHaveLength(1);
  });
});

describe('a boot beside which', () => {
  it('S3 answers 503 some times says so in few lines, and goes on', async () => {
    const folder = scenarioFolder({
      'scenario.yaml': `${head}expect: { verdict: CONTINUE, exit: 0 }\nspeed: 5\nfaults: [{ on: s3, do: { status: 503, code: SlowDown }, times: 6 }]\n`,
    });
    try {
      const output = printed();
      expect(await rehearse({ scenario: folder.path }, output, never)).toBe(0);
      // The 1st, 2nd and 4th of six.
      expect(output.stderr.match(/again in .*SlowDown/g)).toHaveLength(3);
    } finally {
      folder.remove();
    }
  });

  it('EC2 does not list the node yet waits for that, and gives it its peers', async () => {
    const folder = scenarioFolder({
      'scenario.yaml':
        'extends: erlang\ndescription: Listed late.\nspeed: 20\naws: { listed_after_seconds: 20 }\n',
    });
    try {
      const output = printed();
      expect(await rehearse({ scenario: folder.path }, output, never)).toBe(0);
      expect(output.stderr).toMatch(/but not i-0e1a2b3c4d5e6f708 itself yet/);
      expect(output.stderr).toContain('peers: 10.0.33.8, 10.0.49.9');
    } finally {
      folder.remove();
    }
  });

  it('its peers may not be looked up is abandoned, and names the permission', async () => {
    const folder = scenarioFolder({
      'scenario.yaml':
        'extends: erlang\ndescription: Denied.\nexpect: { verdict: ABANDON, exit: 78 }\ninstance: { started_seconds_ago: 300 }\naws: { denied: ["ec2:DescribeInstances"] }\n',
    });
    try {
      const output = printed();
      expect(await rehearse({ scenario: folder.path }, output, never)).toBe(78);
      expect(output.stderr).toContain('must be allowed ec2:DescribeInstances on *');
    } finally {
      folder.remove();
    }
  });

  it('the group cannot be told of success exits 78 and names the permission', async () => {
    const folder = scenarioFolder({
      'scenario.yaml': `${head}expect: { verdict: CONTINUE, signal: none, exit: 78 }\ninstance: { started_seconds_ago: 300 }\naws: { denied: ["autoscaling:CompleteLifecycleAction"] }\n`,
    });
    try {
      const output = printed();
      expect(await rehearse({ scenario: folder.path }, output, never)).toBe(78);
      expect(output.stderr).toContain('must be allowed autoscaling:CompleteLifecycleAction on');
    } finally {
      folder.remove();
    }
  });
});

describe('agent boot', () => {
  it('without root refuses before it asks or tells anybody anything', async () => {
    const output = printed();
    // Port 9 of loopback: where anything were asked, it would be retried and logged.
    const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:9' };
    const booted = bootThisInstance({}, env, output, never, 1000);
    await expect(booted).rejects.toThrow(ConfigError);
    await expect(booted).rejects.toThrow(/needs root.*user id 1000.*sudo.*agent dry-run/);
    expect(output.stderr + output.stdout).toBe('');
  });
});
