import { describe, expect, it } from 'vitest';
import { abandon } from '../../src/commands/abandon.ts';
import { planned } from '../../src/commands/dry-run.ts';
import type { SimulatedSurroundings } from '../../src/commands/simulated.ts';
import type { FlightRecord } from '../../src/engine/flight-record.ts';
import { obituary } from '../../src/engine/obituary.ts';
import { renderStatus } from '../../src/engine/render-status.ts';
import { readStatus } from '../../src/engine/status-file.ts';
import type { Event } from '../../src/events.ts';
import { StoppedError } from '../../src/exit-code.ts';
import { heldPath } from '../../src/lifecycle/held.ts';
import { renderPlan } from '../../src/plan/render/render-plan.ts';
import { printed } from './printed.ts';
import { boots, surroundingsOf, told, warnings } from './trial-boot.ts';

const never = new AbortController().signal;
const key = 'tomcat/shop-tomcat/held.json';

/** A node that fails with its first kernel parameter; `hold`: seconds. */
function failing(hold: number, yaml = 'aws: { buckets: { acme-boots: {} } }\n') {
  return surroundingsOf(yaml, {
    'user-data': `#bootstrap-agent\nrole:\n  recorder: { crash_loop: 0, hold: ${hold}, to: "s3://acme-boots" }\n  sysctl: { kernel.no_such_parameter: "1" }\n`,
  });
}

/** Does `act` as soon as the node is held. */
function onceHeld(act: () => unknown) {
  return (event: Event) => {
    if (event.type === 'hold-begun') void act();
  };
}

function claimIn({ simulation }: SimulatedSurroundings) {
  return JSON.parse(simulation.aws.objects.bytes('acme-boots', key)?.toString() ?? 'null');
}

function heartbeats({ simulation }: SimulatedSurroundings) {
  return simulation.aws.ledger.calls.filter(
    ({ operation }) => operation === 'RecordLifecycleActionHeartbeat',
  ).length;
}

describe('a failed node that is to be held', () => {
  it('keeps its hook open until its time is over, and is abandoned then', async () => {
    // Faster, but the calls of the hold still have seconds of this machine's time.
    const surroundings = await failing(
      25,
      'speed: 5\naws:\n  buckets: { acme-boots: {} }\n  groups: { shop-tomcat: { hooks: [{ name: node-is-ready, heartbeat_timeout: 30 }] } }\n',
    );
    const { instance_id } = surroundings.scenario.instance;
    let toldWhileHeld: unknown;
    let status = '';
    const result = await boots(surroundings, {
      listeners: [
        (event) => {
          if (event.type !== 'heartbeat') return;
          toldWhileHeld = told(surroundings);
          void readStatus(surroundings.host.files).then((record) => {
            status = record === undefined ? '' : renderStatus(record, 0);
          });
        },
      ],
    });
    const [begun, ended] = result.events.filter(({ type }) => type.startsWith('hold-'));
    // By the clock of the scenario; that of the machine that runs this may be slow.
    expect((ended?.at ?? 0) - (begun?.at ?? 0)).toBeGreaterThanOrEqual(24_000);
    // Every 10 s of a hook that waits 30 s for each, and the one that asks whether it waits at all.
    expect(heartbeats(surroundings)).toBeGreaterThanOrEqual(3);
    expect([toldWhileHeld, told(surroundings), result.exitCode]).toEqual([
      [undefined],
      ['ABANDON'],
      1,
    ]);
    expect(claimIn(surroundings)).toMatchObject({
      version: 1,
      instanceId: instance_id,
      because: expect.stringContaining('kernel.no_such_parameter'),
    });
    expect(ended).toMatchObject({ because: 'its time is over' });
    expect(status).toMatch(/^held +held for debugging until .*then ABANDON/m);
    expect(await surroundings.host.files.stat(heldPath)).toBeUndefined();
  });

  it('says so on the console and in the record that outlives it, with what ends it', async () => {
    const surroundings = await failing(120);
    await boots(surroundings, {
      listeners: [onceHeld(() => abandon(surroundings.host, printed()))],
    });
    const { objects } = surroundings.simulation.aws;
    const [kept = ''] = objects.keys('acme-boots').filter((one) => one !== key);
    const record: FlightRecord = JSON.parse(objects.bytes('acme-boots', kept)?.toString() ?? '');
    const lines = obituary(record, []);
    expect(lines).toMatch(/held for debugging until \d{4}-/);
    expect(lines).toContain('agent abandon');
    expect(lines).toMatch(
      /aws autoscaling complete-lifecycle-action --lifecycle-action-result ABANDON --instance-id i-\w+ \\\n +--auto-scaling-group-name 'shop-tomcat' --lifecycle-hook-name 'node-is-ready' --region eu-west-1\n/,
    );
  });

  it('is let go by agent abandon', async () => {
    const surroundings = await failing(172_800);
    const output = printed();
    let code: Promise<number> | undefined;
    const end = () => {
      code = abandon(surroundings.host, output);
    };
    const result = await boots(surroundings, { listeners: [onceHeld(end)] });
    expect([await code, result.exitCode, told(surroundings)]).toEqual([0, 1, ['ABANDON']]);
    expect(output.stdout).toContain('hook node-is-ready of group shop-tomcat');
    expect(result.events).toContainEqual(
      expect.objectContaining({ type: 'hold-ended', because: 'agent abandon' }),
    );
    const again = printed();
    expect(await abandon(surroundings.host, again)).toBe(75);
    expect(again.stderr).toContain('not held for debugging');
  });

  it('is held no longer than its hook can wait', async () => {
    const surroundings = await failing(
      172_800,
      'aws:\n  buckets: { acme-boots: {} }\n  groups: { shop-tomcat: { hooks: [{ name: node-is-ready, heartbeat_timeout: 30 }] } }\n',
    );
    const startedAt = surroundings.clock.now();
    await boots(surroundings, {
      listeners: [onceHeld(() => abandon(surroundings.host, printed()))],
    });
    const seconds = (claimIn(surroundings).until - startedAt) / 1000;
    // A hundred times 30 s, less what ABANDON takes.
    expect(seconds).toBeLessThan(3000);
    expect(seconds).toBeGreaterThan(2000);
  });

  it('signals nothing when it is told to stop, and its next boot has what is left of the time', async () => {
    const surroundings = await failing(10_000);
    const stop = new AbortController();
    const result = await boots(surroundings, {
      listeners: [onceHeld(() => stop.abort(new StoppedError('Stopped by SIGTERM.')))],
      signal: stop.signal,
    });
    expect([result.exitCode, told(surroundings)]).toEqual([75, [undefined]]);
    const { until } = claimIn(surroundings);
    const second = await boots(surroundings, {
      listeners: [onceHeld(() => abandon(surroundings.host, printed()))],
    });
    const begun = second.events.find(({ type }) => type === 'hold-begun');
    expect(begun).toMatchObject({ until });
    expect(told(surroundings)).toEqual(['ABANDON']);
  });
});

describe('a failed node that is not held', () => {
  const held = (until: number) => ({
    version: 1,
    instanceId: 'i-other',
    until,
    because: 'something',
  });

  it('is one beside another that is, by name; when that is over, it is its turn', async () => {
    const surroundings = await failing(120);
    const { objects } = surroundings.simulation.aws;
    const put = (until: number) =>
      objects.put('acme-boots', key, Buffer.from(JSON.stringify(held(until))));
    put(surroundings.clock.now() + 3600_000);
    const first = await boots(surroundings);
    expect(warnings(first)).toContainEqual(
      expect.stringMatching(/not held for debugging: i-other is, until \d{4}-/),
    );
    expect(first.events.map(({ type }) => type)).not.toContain('hold-begun');
    expect(told(surroundings)).toEqual(['ABANDON']);

    const later = await failing(120);
    later.simulation.aws.objects.put(
      'acme-boots',
      key,
      Buffer.from(JSON.stringify(held(later.clock.now() - 1))),
    );
    await boots(later, { listeners: [onceHeld(() => abandon(later.host, printed()))] });
    expect(claimIn(later).instanceId).toBe(later.scenario.instance.instance_id);
  });

  it.each([
    ['s3:PutObject', /s3:PutObject/],
    ['autoscaling:RecordLifecycleActionHeartbeat', /autoscaling:RecordLifecycleActionHeartbeat/],
  ])('is one that may not call %s', async (denied, named) => {
    const surroundings = await failing(
      172_800,
      `aws:\n  buckets: { acme-boots: {} }\n  denied: ["${denied}"]\n`,
    );
    const result = await boots(surroundings);
    expect(told(surroundings)).toEqual(['ABANDON']);
    const [said = ''] = warnings(result).filter((one) => one.startsWith('not held'));
    expect(said).toMatch(named);
    expect(result.events.map(({ type }) => type)).not.toContain('hold-begun');
  });

  it('is one on whose /run the note cannot be written', async () => {
    const surroundings = await failing(
      172_800,
      'aws: { buckets: { acme-boots: {} } }\nmachine: { read_only: [/run/bootstrap-agent/held.json] }\n',
    );
    await boots(surroundings);
    expect(told(surroundings)).toEqual(['ABANDON']);
  });

  it('is one that may list nothing: it is held all the same, as the first', async () => {
    const surroundings = await failing(
      120,
      'aws:\n  buckets: { acme-boots: {} }\n  denied: ["s3:ListBucket"]\n',
    );
    await boots(surroundings, {
      listeners: [onceHeld(() => abandon(surroundings.host, printed()))],
    });
    expect(claimIn(surroundings)?.instanceId).toBe(surroundings.scenario.instance.instance_id);
  });
});

it('a dry run says that a failed node would be held, and which rights that takes', async () => {
  const surroundings = await failing(1800);
  const view = await planned(surroundings, 'test', never);
  const page = renderPlan(view, { colour: false }).replace(/\s+/g, ' ');
  expect(page).toContain(
    'one failed node of the group at a time is held for debugging before ABANDON: 1800 s',
  );
  expect(page).toContain(
    'rights: s3:PutObject, s3:GetObject, autoscaling:RecordLifecycleActionHeartbeat',
  );
});
