import { expect, test } from 'vitest';
import type { FlightRecord } from '../../src/engine/flight-record.ts';
import type { Step } from '../../src/resources/step.ts';
import { deviations } from './as-planned.ts';
import { fingerprint } from './fingerprint.ts';
import { type Instance, instancesOfThisFile, unit } from './instances.ts';

const launch = instancesOfThisFile();

const classes = [
  { name: 'tomcat', port: 8080, path: '/shop/health', body: 'ok\n', services: ['tomcat10'] },
  { name: 'php', port: 80, path: '/health', body: 'ok', services: ['php8.2-fpm', 'nginx'] },
  { name: 'erlang', port: 4000, path: '/health', body: 'ok', services: ['epmd', 'shop'] },
] as const;

test.each(classes)(
  'a $name node: from PID 1 to CONTINUE, as planned, and once more after a reboot',
  async ({ name, port, path, body, services }) => {
    const node = await launch(name);
    const group = `shop-${name}`;
    await node.powerOn();
    expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
    const first = await node.books(group);
    expect(first.state).toBe('InService');
    expect(first.completions).toEqual([200]);
    // Ten on an ordinary boot; on a busy machine an answer may come too late, and is asked for again.
    const late = node.record.events.filter(({ type }) => type === 'metadata-retrying').length;
    expect(first.metadata.length - late).toBeLessThanOrEqual(10);
    expect(await node.page(port, path)).toEqual({ status: 200, body });
    await isHealthy(node, name);
    const steps = await node.plan();
    expect(await deviations(steps, node)).toEqual([]);
    const firstRecord = node.record;
    const before = fingerprint(node.upper);

    await node.reboot();
    expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
    expect(await node.page(port, path)).toEqual({ status: 200, body });
    expect(await deviations(steps, node)).toEqual([]);
    expect(fingerprint(node.upper)).toEqual(before);
    // What /run held is gone with the power; all else was found as it should be. What the role enables, systemd starts
    // too, before the agent or after.
    const changed = node.changed.filter((step) => step !== 'service:chrony');
    expect(changed.sort()).toEqual([...lostWithThePower(steps, services)].sort());
    // Sooner ready, without a clock that a busy machine would make a liar: nothing to download, to install or to unpack, so
    // fewer steps in the way of readiness, and fewer answers of AWS to wait for.
    const work = ({ steps: done }: FlightRecord) =>
      done.filter(({ outcome }) => outcome === 'changed').length;
    const asked = ({ calls: made }: FlightRecord) =>
      made.reduce((sum, { count, failed }) => sum + count - failed, 0);
    expect(work(node.record)).toBeLessThan(work(firstRecord));
    expect(asked(node.record)).toBeLessThan(asked(firstRecord));
    const slow = ['packages', 'masks', 'sysctl', ...steps.filter(isArtifact).map(({ id }) => id)];
    const outcomes = node.record.steps.filter(({ id }) => slow.includes(id));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(outcomes.map(() => 'unchanged'));
    const { calls, completions, state } = await node.books(group);
    const downloads = calls.filter(({ operation }) => operation === 'GetObject');
    expect(downloads.filter(({ subject }) => /\.(war|tar\.\w+)$/.test(subject))).toHaveLength(1);
    expect(state).toBe('InService');
    // Not asked again: EC2 has not started it anew since, and it is in the group as before.
    expect(completions).toEqual([200]);
    expect((await node.properties(unit)).StatusText).toMatch(
      /launch hook: CONTINUE already-completed: an earlier run of the agent sent CONTINUE/,
    );
    expect(node.record.start).toMatchObject({ kind: 'reboot', changes: [] });
  },
);

const isArtifact = ({ kind }: Step) => kind === 'artifact';

async function isHealthy(node: Instance, name: string): Promise<void> {
  expect((await node.properties(unit)).StatusText).toMatch(
    new RegExp(`^A healthy ${name} node: .*launch hook: CONTINUE completed$`),
  );
  expect((await node.properties('bootstrap-agent.target')).ActiveState).toBe('active');
  expect(await node.say('systemctl', 'list-units', '--failed', '--quiet')).toBe('');
  // The watch is started once the node is healthy, and takes a moment to say that it watches.
  await node.until('systemd is done', async () => {
    return (await node.run('systemctl', 'is-system-running')).stdout !== 'starting\n';
  });
  expect(await node.say('systemctl', 'is-system-running')).toBe('running');
  expect(await node.drifting()).toEqual([]);
}

function lostWithThePower(steps: readonly Step[], services: readonly string[]): Set<string> {
  const below = steps.filter((step) => 'path' in step && step.path.startsWith('/run/'));
  return new Set([
    'secrets',
    ...below.map(({ id }) => id),
    ...services.map((one) => `service:${one}`),
  ]);
}
