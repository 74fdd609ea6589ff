import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { BootResult } from '../../src/commands/boot.ts';
import { readStatus } from '../../src/engine/status-file.ts';
import { boots, surroundingsOf, warnings } from './trial-boot.ts';

const follows = (wish = '[group]') => ({
  'user-data': `#bootstrap-agent\nrole: { lifecycle: { target_groups: ${wish} } }\n`,
});
const targetGroup = (path: string) =>
  `aws: { groups: { shop-tomcat: { target_group: { name: shop, port: 8080, path: ${path}, interval: 5 } } } }\n`;
const seen = ({ events }: BootResult) =>
  events.flatMap((event) => (event.type === 'target-health' ? [event] : []));

test('the node is followed until the load balancer finds it healthy, after its group was told', async () => {
  const surroundings = await surroundingsOf('speed: 5\n', follows());
  const result = await boots(surroundings);
  expect(seen(result)).toEqual([]);
  await result.inService?.(new AbortController().signal);
  expect(seen(result).at(-1)).toMatchObject({ targetGroup: 'shop', state: 'healthy' });
  const status = await readStatus(surroundings.host.files);
  expect(status?.targets).toEqual({ shop: 'healthy: its health checks succeed' });
  const latest = await surroundings.host.files.read('/var/lib/bootstrap-agent/reports/latest.json');
  expect(latest?.toString()).toContain('target-health');
});

test('one that is not is explained: what is asked, and what the node answers', async () => {
  const simulated = await surroundingsOf(`speed: 10\n${targetGroup('/nope')}`, follows());
  const { host } = simulated;
  const console: string[] = [];
  const run: typeof host.run = (argv, options) => {
    if (argv.join(' ').includes('/dev/console')) console.push(options?.input ?? '');
    return host.run(argv, options);
  };
  const result = await boots({ ...simulated, host: { ...host, run } });
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const following = result.inService?.(stop.signal);
  for (let tries = 0; tries < 2000; tries += 1) {
    if (seen(result).some(({ state }) => state === 'unhealthy')) break;
    await systemClock.sleep(10);
  }
  stop.abort();
  await following;
  expect([result.exitCode, seen(result).at(-1)]).toEqual([
    0,
    expect.objectContaining({
      reason: 'Target.ResponseCodeMismatch',
      because: expect.stringMatching(/asks for \/nope .*asked the same: answered 404, wanted 200/),
    }),
  ]);
  const words =
    /^bootstrap-agent: target group shop finds this node unhealthy \(Target.ResponseCodeMismatch\): .*\/nope/;
  expect(console).toEqual([expect.stringMatching(words)]);
});

test('another boot takes over: the one that follows ends, and leaves status and record to it', async () => {
  const surroundings = await surroundingsOf(`speed: 10\n${targetGroup('/nope')}`, follows());
  const first = await boots(surroundings);
  const second = await boots(surroundings);
  const startedAt = second.events.find(({ type }) => type === 'boot-started')?.at;
  await first.inService?.(new AbortController().signal);
  expect([second.exitCode, seen(first), warnings(first)]).toEqual([0, [], warnings(second)]);
  expect((await readStatus(surroundings.host.files))?.startedAt).toBe(startedAt);
});

test('what may not be looked at is one warning, and the node is none the worse', async () => {
  const surroundings = await surroundingsOf(
    'aws: { denied: ["autoscaling:DescribeAutoScalingGroups"] }\n',
    follows(),
  );
  const result = await boots(surroundings);
  await result.inService?.(new AbortController().signal);
  expect(result.exitCode).toBe(0);
  expect(warnings(result).at(-1)).toMatch(/load balancer sees .*DescribeAutoScalingGroups/s);
});

test('nothing is followed where the class does not say so, or the boot failed', async () => {
  const usual = await boots(await surroundingsOf());
  expect(usual.inService).toBeUndefined();
  const failed = await boots(
    await surroundingsOf('aws: { secrets: { prod/shop/db: null } }\n', follows()),
  );
  expect([failed.exitCode, failed.inService]).toEqual([78, undefined]);
});
