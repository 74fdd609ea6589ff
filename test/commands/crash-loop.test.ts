import { describe, expect, it } from 'vitest';
import { fasterClock } from '../../src/clock.ts';
import { CrashLoopGuard, type GuardOptions } from '../../src/commands/crash-loop-guard.ts';
import { planned } from '../../src/commands/dry-run.ts';
import type { FailureCount } from '../../src/engine/crash-loop.ts';
import { StepError } from '../../src/errors.ts';
import type { Happening } from '../../src/events.ts';
import { connected } from '../aws/connected.ts';
import { boots, surroundingsOf, told, warnings } from './trial-boot.ts';

const never = new AbortController().signal;
const error = new StepError('x');

/** A group of nodes, each with a guard of its own, over one simulated S3. */
async function group(options: Parameters<typeof connected>[0] = {}) {
  // The deadlines of the guard by the time of day: a busy machine has to keep them.
  const account = await connected({ clock: fasterClock(1), ...options });
  const { aws, services, clock } = account;
  const happened: Happening[] = [];
  const address = { bucket: 'acme-us', key: 'tomcat/web/crash-loop/abc.json' };
  let now = clock.now();
  const node = (instanceId: string, more: Partial<GuardOptions> = {}) =>
    new CrashLoopGuard({
      orders: { failures: 3, pauseSeconds: 60 },
      address,
      instanceId,
      deadlineSeconds: 900,
      objects: aws.objects,
      clock: { ...clock, now: () => now, monotonic: clock.monotonic, sleep: clock.sleep },
      tell: (happening) => happened.push(happening),
      ...more,
    });
  return {
    ...account,
    node,
    happened,
    later: (seconds: number) => {
      now += seconds * 1000;
    },
    count: (): FailureCount =>
      JSON.parse(services.objects.bytes(address.bucket, address.key)?.toString() ?? 'null'),
    fail: async (...ids: string[]) => {
      for (const id of ids) await node(id).failed(error, 'the war is broken');
    },
  };
}
const here = { world: { bucketRegions: {} } };

describe('the guard of a group', () => {
  it('refuses the fourth node after three failed, with the reason, and lets one try after a pause', async () => {
    const { node, fail, later, count } = await group(here);
    expect(await node('i-1').refusal(never)).toBeUndefined();
    await fail('i-1', 'i-2', 'i-3');
    const refused = await node('i-4').refusal(never);
    expect(refused?.message).toMatch(/^3 nodes of this group failed in a row .*the war is broken/);
    // A refused node is no further failure.
    await node('i-4').failed(refused, '');
    expect(count().failures).toBe(3);
    later(61);
    const tries = await Promise.all(['i-5', 'i-6', 'i-7'].map((id) => node(id).refusal(never)));
    expect(tries.filter((one) => one === undefined)).toHaveLength(1);
  });

  it('is open again once the one that tried is healthy', async () => {
    const { node, fail, later, count } = await group(here);
    await fail('i-1', 'i-2', 'i-3');
    later(61);
    const canary = node('i-4');
    expect(await canary.refusal(never)).toBeUndefined();
    expect(await node('i-5').refusal(never)).toBeDefined();
    await canary.healthy();
    expect(count()).toMatchObject({ failures: 0, nodes: [] });
    expect(await node('i-5').refusal(never)).toBeUndefined();
  });

  it('counts nodes that fail at the same time', async () => {
    const { node, count } = await group(here);
    await Promise.all(['i-1', 'i-2', 'i-3', 'i-4'].map((id) => node(id).failed(error, 'x')));
    expect(count().failures).toBe(4);
  });

  it('of nodes that are healthy writes nothing', async () => {
    const { node, ledger } = await group(here);
    const guard = node('i-1');
    await guard.refusal(never);
    await guard.healthy();
    expect(ledger.of('s3').map(({ operation }) => operation)).toEqual(['GetObject']);
  });

  it('that may not read goes on, and a failure names the permission', async () => {
    const { node, happened } = await group({ world: { ...here.world, denied: ['s3:*'] } });
    expect(await node('i-1').refusal(never)).toBeUndefined();
    await node('i-1').failed(error, 'x');
    expect(happened).toContainEqual({
      type: 'warning',
      message: expect.stringMatching(/not counted .*s3:PutObject on arn:aws:s3:::acme-us\/tomcat/s),
    });
  });

  it('that may not list the bucket counts all the same', async () => {
    const { fail, node, count } = await group({
      world: { ...here.world, denied: ['s3:ListBucket'] },
    });
    await fail('i-1', 'i-2', 'i-3');
    expect(count()).toMatchObject({ failures: 3, nodes: ['i-1', 'i-2', 'i-3'] });
    expect(await node('i-4').refusal(never)).toBeDefined();
  });
});

describe('a boot', () => {
  const bucket = 'aws:\n  buckets:\n    acme-boots: {}\n';
  const role = (more = '') => ({
    'user-data': `#bootstrap-agent\nrole:\n  recorder: { to: "s3://acme-boots" }\n${more}`,
  });

  it('that is not the first to fail so is abandoned at once, with that reason', async () => {
    // Four seconds until it fails: what the count says comes before that.
    const surroundings = await surroundingsOf(
      `${bucket}machine:\n  commands: [{ match: "/bin/sh -euc warm-up*", takes_ms: 4000 }]\n`,
      role('  commands: { warm_up: { run: warm-up, creates: /var/lib/warm } }\n'),
    );
    const { objects } = surroundings.simulation.aws;
    await boots(surroundings);
    const key = objects.keys('acme-boots').find((one) => one.includes('/crash-loop/')) ?? '';
    expect(key).toMatch(/^tomcat\/shop-tomcat\/crash-loop\/[0-9a-f]{16}\.json$/);
    const count = JSON.parse(objects.bytes('acme-boots', key)?.toString() ?? '');
    expect(count).toMatchObject({ failures: 1, nodes: ['i-0a1b2c3d4e5f60718'] });
    expect(count.because).toContain('warm_up');
    // Three others as well; then a machine that is new.
    const more = { ...count, failures: 4, nodes: ['i-1', 'i-2', 'i-3', 'i-4'] };
    objects.put('acme-boots', key, Buffer.from(JSON.stringify(more)));
    await surroundings.host.files.remove('/var/lib/bootstrap-agent');
    const second = await boots(surroundings);
    expect(second.exitCode).toBe(1);
    const { because } = second.verdict;
    expect(because).toMatch(/^4 nodes of this group failed in a row/);
    expect(told(surroundings)).toEqual(['ABANDON']);
    expect(second.record.steps).toContainEqual(
      expect.objectContaining({ id: 'service:tomcat10', outcome: 'skipped' }),
    );
    expect(JSON.parse(objects.bytes('acme-boots', key)?.toString() ?? '').failures).toBe(4);
  });

  it('of a healthy node asks once, as the dry run says, and counts nothing', async () => {
    const surroundings = await surroundingsOf(bucket, role());
    const view = await planned(surroundings, 'test', never);
    expect(view.calls).toContainEqual({
      service: 's3',
      operation: 'GetObject',
      count: 1,
      purpose: 'failures of other nodes',
    });
    const { aws } = surroundings.simulation;
    const before = aws.ledger.calls.length;
    const result = await boots(surroundings);
    expect([result.exitCode, warnings(result)]).toEqual([0, []]);
    const made = aws.ledger.calls.slice(before).filter(({ subject }) => subject.includes('crash'));
    expect(made.map(({ operation }) => operation)).toEqual(['GetObject']);
    expect(aws.objects.keys('acme-boots')).toEqual([]);
  });

  it('of a node that was in service before is not refused for the others', async () => {
    const surroundings = await surroundingsOf(bucket, role());
    await boots(surroundings);
    const { ledger } = surroundings.simulation.aws;
    const before = ledger.calls.length;
    await boots(surroundings);
    expect(ledger.calls.slice(before).filter(({ subject }) => subject.includes('crash'))).toEqual(
      [],
    );
  });
});
