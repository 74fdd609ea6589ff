import { describe, expect, it } from 'vitest';
import type { BootResult } from '../../src/commands/boot.ts';
import { boots, surroundingsOf, told } from './trial-boot.ts';

describe('the hook of a boot that takes long', () => {
  const slow = (machine: string) => `
speed: 12
machine: ${machine}
aws: { groups: { shop-tomcat: { hooks: [{ name: node-is-ready, heartbeat_timeout: 120 }] } } }
`;
  const heartbeats = ({ events }: BootResult) =>
    events.flatMap((event) => (event.type === 'heartbeat' ? [event.outcome] : []));

  it('is kept waiting while the service is asked for its health', async () => {
    const surroundings = await surroundingsOf(
      slow('{ services: { tomcat10.service: { ready_after_ms: 100000 } } }'),
    );
    const result = await boots(surroundings);
    expect(new Set(heartbeats(result))).toEqual(new Set(['recorded']));
    expect(told(surroundings)).toEqual(['CONTINUE']);
  });

  it('is kept waiting while a command is within its own timeout, though it prints nothing', async () => {
    const surroundings = await surroundingsOf(
      slow(
        '{ commands: [{ match: "/bin/sh -euc silent*", takes_ms: 100000, creates: { /var/lib/silent: "" } }] }',
      ),
      {
        'user-data':
          '#bootstrap-agent\nrole: { commands: { silent: { run: silent, creates: /var/lib/silent } } }\n',
      },
    );
    const result = await boots(surroundings);
    expect([result.exitCode, result.verdict.because]).toEqual([0, expect.anything()]);
    expect(new Set(heartbeats(result))).toEqual(new Set(['recorded']));
    const budget = result.events.find(({ type }) => type === 'hook-budget');
    expect(budget).toMatchObject({ heartbeatTimeoutSeconds: 120, globalTimeoutSeconds: 12_000 });
  });

  it('is told ABANDON before it times out where a step is stuck', async () => {
    const surroundings = await surroundingsOf(
      `${slow('{}')}faults: [{ on: "s3:GetObject:*/shop.war", do: hang }]\n`,
    );
    const result = await boots(surroundings);
    expect([result.exitCode, result.verdict.because]).toEqual([
      1,
      expect.stringMatching(
        /^artifact:shop: not done in time, .*\nNothing moved for \d+ s, .*hook node-is-ready of group shop-tomcat .*120 s/s,
      ),
    ]);
    expect(heartbeats(result)).toContain('withheld');
    const { group = '', instance_id } = surroundings.scenario.instance;
    const view = surroundings.simulation.aws.group(group)?.instances[instance_id];
    expect(view?.actions['node-is-ready']?.outcome).toMatchObject({
      result: 'ABANDON',
      how: 'completed',
    });
  });

  it('and that has no name where there are several: the boot ends at once', async () => {
    const surroundings = await surroundingsOf(
      'aws: { groups: { shop-tomcat: { hooks: [{ name: one }, { name: two }] } } }\n',
    );
    const result = await boots(surroundings);
    expect([result.exitCode, result.verdict.because]).toEqual([
      78,
      expect.stringContaining('one, two'),
    ]);
    expect(result.record.steps.map(({ outcome }) => outcome)).toContain('skipped');
    expect(told(surroundings)).toContain('ABANDON');
  });
});
