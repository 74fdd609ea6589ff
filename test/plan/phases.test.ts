import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { planFaults } from '../../src/plan/check-role.ts';
import { planFor } from '../../src/plan/plan-for.ts';
import { isForPool, preparation } from '../../src/plan/preparation.ts';
import type { FilledDocument } from '../../src/roles/filled-role.ts';
import { digest, identityOf, roleOf } from './fixtures.ts';

const planOf = (document: Partial<FilledDocument>) =>
  planFor(roleOf(document), identityOf(), undefined);

const shop: Partial<FilledDocument> = {
  hostname: 'web-1',
  kernel_modules: { tcp_bbr: {} },
  sysctl: { 'vm.swappiness': '1' },
  mask: { 'man-db.timer': 'nobody reads them' },
  packages: { tomcat10: 'present' },
  users: { shop: {} },
  secrets: { db: { from: 'prod/db' } },
  directories: { '/srv/shop': {} },
  files: {
    '/etc/shop.conf': { content: ['x'] },
    '/run/shop.env': { content: ['p=', { secret: 'db' }] },
    '/srv/made-later': { content: ['y'], after: ['command:migrate'] },
  },
  artifacts: { war: { from: 's3://acme/shop.war', to: '/srv/shop/shop.war', sha256: digest } },
  commands: { migrate: { run: ['/usr/bin/migrate'], creates: '/srv/migrated', env: {} } },
  services: {
    chrony: { enable: true, needs: ['packages'] },
    'systemd-journald': { needs: ['file:/etc/shop.conf'] },
    tomcat10: { enable: true, unit: ['[Service]\n'], credentials: { db: 'db' } },
    old: { state: 'stopped', needs: ['packages'] },
  },
};

describe('the cut of a plan', () => {
  it('leaves to the activation what must be fresh, what runs, and what needs one of these', () => {
    expect(planOf(shop).activate).toEqual([
      'secrets',
      'file:/run/shop.env',
      'command:migrate',
      'file:/srv/made-later',
      'service:tomcat10',
    ]);
  });

  it('does not decide what the machine becomes', () => {
    const pinned = planOf({ ...shop, files: { ...shop.files, '/etc/b': { content: [] } } });
    const late = planOf({
      ...shop,
      files: { ...shop.files, '/etc/b': { content: [], phase: 'activate' } },
    });
    expect(late.digest).toBe(pinned.digest);
    expect(late.activate).toContain('file:/etc/b');
  });

  it('follows a pin to activate through the graph', () => {
    const plan = planOf({
      directories: { '/srv/shop': { phase: 'activate' } },
      artifacts: { war: { from: 's3://acme/b.war', to: '/srv/shop/b.war', sha256: digest } },
    });
    expect(plan.activate).toEqual(['directory:/srv/shop', 'artifact:war']);
  });

  it('lets a command be prepared, which then does not wait for secrets by itself', () => {
    const plan = planOf({
      ...shop,
      commands: {
        warm: { run: ['/usr/bin/warm'], creates: '/srv/warm', env: {}, phase: 'prepare' },
      },
      services: { agent: { phase: 'prepare' } },
      files: { '/etc/shop.conf': { content: ['x'] } },
    });
    expect(plan.activate).toEqual(['secrets']);
    const needs = plan.steps.find(({ id }) => id === 'command:warm')?.needs;
    expect(needs).toContain('artifact:war');
    expect(needs).not.toContain('secrets');
    expect(plan.steps.find(({ id }) => id === 'service:agent')?.needs).toContain('command:warm');
  });

  it.each([
    ['an order of its own', { after: ['secrets'], env: {} }],
    ['a secret in its environment', { env: { PASSWORD: [{ secret: 'db' }] } }],
  ])('refuses to prepare what needs a secret: %s', (_, more) => {
    const role = roleOf({
      secrets: { db: { from: 'prod/db' } },
      commands: { warm: { run: ['/usr/bin/warm'], creates: '/x', phase: 'prepare', ...more } },
    });
    const text =
      'commands.warm.phase: wanted prepare, but it needs secrets, which an instance in a warm pool does not have yet; leave the phase out, or take away what needs that';
    expect(() => planFor(role, identityOf(), undefined)).toThrow(new ConfigError(text));
    expect(planFaults(role)).toEqual([text]);
  });
});

describe('preparation', () => {
  const whole = planOf(shop);
  const prepared = preparation(whole);

  it('has no step of activate and no probe, and comes to the same digest', () => {
    const kept = whole.steps.filter(({ id }) => !whole.activate.includes(id));
    expect(prepared.steps.slice(0, kept.length)).toEqual(kept);
    expect(prepared.steps.map(({ id }) => id).slice(kept.length)).toEqual(['held-services']);
    expect([prepared.probes, prepared.activate]).toEqual([[], []]);
    expect(prepared.digest).toBe(whole.digest);
  });

  it('holds its services back once packages are installed, but for those that run in the pool', () => {
    expect(prepared.steps.at(-1)).toEqual({
      kind: 'hold',
      id: 'held-services',
      needs: ['masks', 'packages'],
      from: 'services',
      units: ['tomcat10.service'],
      kept: ['chrony.service', 'systemd-journald.service', 'old.service'],
      timeoutSeconds: 90,
    });
  });

  it('holds nothing back where no service waits', () => {
    const { steps } = preparation(planOf({ files: { '/etc/a': { content: [] } } }));
    expect(steps.map(({ id }) => id)).toEqual(['file:/etc/a']);
  });

  it('is for an instance that its group brings into the pool, or keeps there', () => {
    const states = ['Warmed:Stopped', 'Warmed:Running', 'Warmed:Hibernated', 'Warmed:Terminated'];
    for (const targetLifecycleState of states)
      expect(isForPool({ targetLifecycleState })).toBe(true);
    for (const targetLifecycleState of ['InService', 'Standby', 'Terminated', 'Detached'])
      expect(isForPool({ targetLifecycleState })).toBe(false);
    expect([isForPool({}), isForPool(undefined)]).toEqual([false, false]);
  });
});
