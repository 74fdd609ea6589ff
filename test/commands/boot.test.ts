import { describe, expect, it } from 'vitest';
import { StepError } from '../../src/errors.ts';
import type { Event } from '../../src/events.ts';
import { StoppedError } from '../../src/exit-code.ts';
import { boots, shipped, surroundingsOf, told, warnings, withFiles } from './trial-boot.ts';

describe('a boot', () => {
  it('ends in 69 where Secrets Manager stays unreachable until the deadline', async () => {
    const surroundings = await surroundingsOf(
      'speed: 20\nfaults: [{ on: secretsmanager, do: { status: 503 } }]\n',
      { 'user-data': '#bootstrap-agent\nrole: { lifecycle: { deadline: 300 } }\n' },
    );
    const result = await boots(surroundings);
    expect([result.exitCode, result.verdict.because]).toEqual([69, expect.stringContaining('503')]);
  });

  it('ends although the disk never says that the artefacts are on it', async () => {
    const surroundings = await surroundingsOf('speed: 60\n');
    const settle = () => new Promise(() => undefined);
    const result = await boots(withFiles(surroundings, { settle }));
    expect(result.exitCode).toBe(0);
    expect(told(surroundings)).toEqual(['CONTINUE']);
    expect(warnings(result)).toContainEqual(expect.stringContaining('durable'));
  });

  it('keeps no line of what programs print', async () => {
    const surroundings = await surroundingsOf(
      `machine: { commands: [{ match: "/bin/sh -euc chatter*", stdout: ${JSON.stringify('so it goes\n'.repeat(5000))}, creates: { /var/lib/chatter: "" } }] }\n`,
      {
        'user-data':
          '#bootstrap-agent\nrole: { commands: { chatter: { run: chatter, creates: /var/lib/chatter } } }\n',
      },
    );
    let heard = 0;
    const result = await boots(surroundings, {
      listeners: [
        (event) => {
          if (event.type === 'step-progress') heard += 1;
        },
      ],
    });
    expect([result.exitCode, result.verdict.because]).toEqual([0, expect.anything()]);
    expect(heard).toBeGreaterThan(4999);
    expect(result.events.map(({ type }) => type)).not.toContain('step-progress');
  });

  it('has its class and group from EC2 where metadata shows no tags', async () => {
    const surroundings = await surroundingsOf('instance: { tags_in_metadata: false }\n');
    const result = await boots(surroundings);
    expect([result.exitCode, result.record.identity?.tagsFrom]).toEqual([0, 'ec2-api']);
    expect(told(surroundings)).toEqual(['CONTINUE']);
  });

  it('completes the hook that the role names, and asks for no other', async () => {
    const surroundings = await surroundingsOf(
      'aws: { groups: { shop-tomcat: { hooks: [{ name: one }, { name: two }] } } }\n',
      { 'user-data': '#bootstrap-agent\nrole: { lifecycle: { hook: two } }\n' },
    );
    expect((await boots(surroundings)).exitCode).toBe(0);
    expect(told(surroundings)).toContain('CONTINUE');
    const { ledger } = surroundings.simulation.aws;
    expect(ledger.of('autoscaling', 'DescribeLifecycleHooks')).toEqual([]);
  });

  it('signals nothing when it is stopped, and says no verdict', async () => {
    const surroundings = await surroundingsOf();
    const stop = new AbortController();
    const result = await boots(surroundings, {
      signal: stop.signal,
      listeners: [
        (event) => {
          if (event.type === 'step-applying') stop.abort(new StoppedError('Stopped by SIGTERM.'));
        },
      ],
    });
    expect(result.exitCode).toBe(75);
    expect(result.events.map(({ type }) => type)).not.toContain('verdict');
    expect(told(surroundings)).toEqual([undefined]);
    expect(result.record.verdict).toBeUndefined();
    const second = await boots(surroundings);
    expect([second.exitCode, told(surroundings)]).toEqual([0, ['CONTINUE']]);
  });

  it('does not take for sent what an earlier one did not send, nor sends again what it did', async () => {
    const surroundings = await surroundingsOf();
    const because: unknown[] = [];
    const listeners = [
      (event: Event) => {
        if (event.type === 'hook-completed') because.push([event.outcome, event.because]);
      },
    ];
    const failing = {
      ...surroundings,
      host: { ...surroundings.host, run: () => Promise.reject(new StepError('no processes left')) },
    };
    expect((await boots(surroundings, { listeners })).exitCode).toBe(0);
    expect((await boots(failing, { listeners })).exitCode).toBe(1);
    expect((await boots(surroundings, { listeners })).exitCode).toBe(0);
    const earlier = 'an earlier run of the agent sent CONTINUE';
    expect(because.slice(1)).toEqual([
      ['not-sent', earlier],
      ['already-completed', expect.stringContaining(earlier)],
    ]);
    expect(told(surroundings)).toEqual(['CONTINUE']);
  });

  it.each(['tomcat', 'erlang', 'php'])(
    'of %s asks the metadata service ten times at most',
    async (name) => {
      const surroundings = await shipped(name);
      const result = await boots(surroundings);
      expect(result.exitCode).toBe(0);
      const { requests } = surroundings.simulation.metadata;
      // In all, the credentials of the AWS calls included.
      expect(requests.map(({ key }) => key)).toContain('meta-data/iam/security-credentials/');
      expect(requests.length).toBeLessThanOrEqual(10);
      expect(result.record.metadataRequests).toBe(requests.length);
    },
  );
});
