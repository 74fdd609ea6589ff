import { describe, expect, it, vi } from 'vitest';
import { type DrainedNode, drain } from '../../src/commands/drain.ts';
import { BusyError, ConfigError } from '../../src/errors.ts';
import { exitCodeOf } from '../../src/exit-code.ts';
import { byHandPath, leavingPath } from '../../src/lifecycle/leaving.ts';
import { drainOrdersPath } from '../../src/plan/drain-orders.ts';
import { leavingNode } from './leaving-node.ts';
import { printed } from './printed.ts';

const slowEnough = `
speed: 20
machine:
  commands:
    - { match: systemctl restart -- bootstrap-agent.service }
    - { match: /usr/bin/broken, exit: 3, stderr: "no such queue\\n" }
aws:
  groups:
    shop-tomcat:
      hooks: [{ name: node-is-ready, heartbeat_timeout: 900 }]
      target_group: { name: shop, port: 8080, path: /shop/health, deregistration_delay: 20, interval: 5 }
`;

/** `watched`: what `agent drain` finds out about the process that the record names. */
async function node(watched: boolean, role = '') {
  const one = await leavingNode(slowEnough, role);
  await one.until('healthy', () => one.target === 'healthy');
  const { env } = one.surroundings;
  const drained: DrainedNode = {
    env,
    host: one.host,
    clock: one.clock,
    runs: async () => watched,
  };
  const asked = async (options = {}) => {
    const output = printed();
    const code = await drain(options, drained, output, new AbortController().signal);
    return { code, output };
  };
  return Object.assign(one, { asked });
}

describe('agent drain', () => {
  it('leaves the work to the watch that runs, tells it stage by stage, and brings the node back', async () => {
    const one = await node(true);
    one.watched();
    await one.until('watched', (leaving) => leaving?.watching);
    const out = await one.asked();
    expect(out.output.stderr).toMatch(/^target groups: done, .*\n(.*\n)*services: done/m);
    expect(out.output.stdout).toBe('This node is drained: agent drain --cancel brings it back.\n');
    expect(out.code).toBe(0);
    expect(one.stops()).toEqual(['tomcat10.service']);
    expect(one.target).toBe('unused');
    // The group goes on counting it as in service: nothing is said to a hook.
    expect(one.calls('CompleteLifecycleAction')).toHaveLength(1);
    const back = await one.asked({ cancel: true });
    expect(back.output.stdout).toBe('This node is back in service.\n');
    expect(back.code).toBe(0);
    expect(one.calls('RegisterTargets')).toHaveLength(1);
  });

  it('does the work itself where no watch runs; 1 where not all of it was done', async () => {
    const one = await node(
      false,
      '  drain: { commands: { broken: { run: [/usr/bin/broken] } } }\n',
    );
    const { code, output } = await one.asked({ json: true });
    expect(code).toBe(1);
    const record = JSON.parse(output.stdout);
    expect(record.drain).toMatchObject({ state: 'incomplete', kinds: ['by-hand'] });
    expect(record.drain.stages.at(-1)).toMatchObject({
      stage: 'command broken',
      outcome: 'failed',
    });
    expect(one.stops()).toEqual(['tomcat10.service']);
    expect((await one.leaving())?.watching).toBe(false);
  });

  it('one at a time: another one does nothing, says who is at it, and ends with 75', async () => {
    const one = await node(true);
    const held = one.host.lock('drain', Date.UTC(2026, 0, 2));
    const refused = await one.asked({ cancel: true }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BusyError);
    expect(exitCodeOf(refused)).toBe(75);
    expect(String(refused)).toContain(`process ${process.pid}, since 2026-01-02T00:00:00.000Z`);
    await one.asked().catch(() => undefined);
    expect(await one.host.files.stat(byHandPath)).toBeUndefined();
    if ('release' in held) held.release();
    // Free again after its end, whatever that was.
    expect((await one.asked({ cancel: true })).output.stdout).toBe('This node is not drained.\n');
    expect('release' in one.host.lock('drain', 0)).toBe(true);
  });

  it('has nothing to drain before a boot has come so far', async () => {
    const one = await node(false);
    await one.host.files.remove(drainOrdersPath);
    const refused = await one.asked().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConfigError);
    expect(String(refused)).toContain(drainOrdersPath);
  });

  it("detached meanwhile: it comes back where it is, and is put into none of the group's target groups", async () => {
    const one = await node(true);
    one.watched();
    await one.until('watched', (leaving) => leaving?.watching);
    expect((await one.asked()).code).toBe(0);
    one.occur('detach');
    await one.until('noted', (leaving) => leaving?.notices.some(({ kind }) => kind === 'detached'));
    await one.until('detached', () => one.state === 'Detached');
    const restarts = () =>
      one.host.commands.filter(
        ({ argv }) => argv.join(' ') === 'systemctl restart -- bootstrap-agent.service',
      ).length;
    expect(restarts()).toBe(0);
    const { code, output } = await one.asked({ cancel: true });
    expect(code).toBe(0);
    expect(output.stdout).toContain('does its work again, detached');
    expect(output.stdout).toContain('aws autoscaling attach-instances');
    expect(restarts()).toBe(1);
    expect([one.calls('RegisterTargets'), one.target]).toEqual([[], 'unused']);
    expect((await one.leaving())?.drain?.state).toBe('returned');
  });

  it('where something else keeps it drained, a cancel says what', async () => {
    const one = await node(true, '  drain: { on: { detached: drain } }\n');
    one.watched();
    await one.until('watched', (leaving) => leaving?.watching);
    await one.asked();
    one.occur('detach');
    await one.until('both', (leaving) => leaving?.drain?.kinds.includes('detached'));
    const refused = await one.asked({ cancel: true }).catch((error: unknown) => error);
    expect(exitCodeOf(refused)).toBe(1);
    expect(String(refused)).toContain('it stays drained: this instance is detached from its group');
    expect((await one.leaving())?.drain?.state).toBe('drained');
  });

  it('with a damaged record nobody knows who drains: nothing is done, and the next step is named', async () => {
    const one = await node(true);
    await one.host.files.write(leavingPath, '{"watching": true');
    const refused = await one.asked().catch((error: unknown) => error);
    expect(exitCodeOf(refused)).toBe(1);
    expect(String(refused)).toContain('systemctl restart bootstrap-agent-watch');
    expect(await one.host.files.stat(byHandPath)).toBeUndefined();
    // The watch goes on without it, says so, and writes it anew.
    one.watched();
    await vi.waitFor(async () => expect((await one.leaving())?.watching).toBe(true), 20_000);
    const warnings = one.events.filter(({ type }) => type === 'warning');
    expect(JSON.stringify(warnings)).toContain('no whole JSON');
  });
});
