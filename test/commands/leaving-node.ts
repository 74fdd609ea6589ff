/** A node of the tomcat scenario that was booted, and is watched: for the tests of leaving. */
import { onTestFinished } from 'vitest';
import { watch } from '../../src/commands/watch.ts';
import type { Event } from '../../src/events.ts';
import { smallOf } from '../../src/host/small-host.ts';
import { type Leaving, readLeaving } from '../../src/lifecycle/leaving.ts';
import type { Occurrence } from '../../src/simulator/occurrence.ts';
import { boots, surroundingsOf } from './trial-boot.ts';

/** Hooks for both ways, and a target group whose times suit a test; minutes pass in a second. */
export const leaves = `
speed: 20
aws:
  groups:
    shop-tomcat:
      hooks:
        - { name: node-is-ready, heartbeat_timeout: 300 }
        - { name: node-has-left, transition: terminating, heartbeat_timeout: 60 }
      target_group: { name: shop, port: 8080, path: /shop/health, deregistration_delay: 20, interval: 5 }
`;

/** Boots it; \`role\` is a fragment in its user data, two blanks indented. */
export async function leavingNode(yaml = leaves, role = '') {
  const files: Record<string, string> =
    role === '' ? {} : { 'user-data': `#bootstrap-agent\nrole:\n${role}` };
  const surroundings = await surroundingsOf(yaml, files);
  const { simulation, clock, env } = surroundings;
  const { host } = simulation;
  const { instance_id: instanceId, group = '' } = surroundings.scenario.instance;
  const result = await boots(surroundings);
  if (result.exitCode !== 0) throw new Error(`the boot failed: ${result.verdict.because}`);
  const events: Event[] = [];
  const booted = host.commands.length;

  return {
    surroundings,
    simulation,
    host,
    clock,
    instanceId,
    events,
    /** Starts a watch; gives what stops it. */
    watched() {
      const stop = new AbortController();
      const watching = watch({
        env,
        host: smallOf(host),
        clock,
        agentVersion: '0',
        listeners: [(event) => events.push(event)],
        signal: stop.signal,
      });
      const stopped = async () => {
        stop.abort();
        await watching;
      };
      onTestFinished(stopped);
      return stopped;
    },
    occur: (what: Occurrence['what'], notice?: number) =>
      simulation.occur({ what, ...(notice !== undefined && { notice }) }),
    leaving: () => readLeaving(host.files),
    /** Waits until the record of leaving is so; the time is there to end a test that hangs. */
    async until(what: string, so: (leaving: Leaving | undefined) => boolean | undefined) {
      const giveUp = performance.now() + 40_000;
      for (;;) {
        const leaving = await readLeaving(host.files);
        if (so(leaving)) return leaving;
        if (performance.now() > giveUp)
          throw new Error(`never: ${what}: ${JSON.stringify(leaving, null, 1)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    get state() {
      return simulation.aws.group(group)?.instances[instanceId]?.lifecycleState;
    },
    get actions() {
      return simulation.aws.group(group)?.instances[instanceId]?.actions ?? {};
    },
    get target() {
      return simulation.aws.targets.health('shop', instanceId).state;
    },
    calls: (operation: string) =>
      simulation.aws.ledger.calls.filter((call) => call.operation === operation),
    stops: () =>
      host.commands
        .slice(booted)
        .filter(({ argv }) => argv[0] === 'systemctl' && argv[1] === 'stop')
        .map(({ argv }) => argv.at(-1)),
  };
}
