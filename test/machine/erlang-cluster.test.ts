import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { otpRelease } from './erlang/release.ts';
import { type Instance, instancesOfThisFile, unit } from './instances.ts';

const launch = instancesOfThisFile();
const group = 'shop-erlang';
const minutes = 60_000;
let scenario = '';

beforeAll(async () => {
  const { distribution, folder } = inject('image');
  scenario = join(folder, 'cluster');
  mkdirSync(scenario, { recursive: true });
  copyFileSync(await otpRelease(distribution), join(scenario, 'shop-x86_64.tar.gz'));
  // The peers of the shipped scenario stay: nothing answers at their addresses, as after a termination.
  writeFileSync(
    join(scenario, 'scenario.yaml'),
    `extends: ${join(import.meta.dirname, 'scenarios/erlang')}
description: Nodes of one group, with a release that rebar3 made.
aws: { buckets: { acme-releases-eu-west-1: { shop/1.4.2/shop-x86_64.tar.gz: { file: shop-x86_64.tar.gz } } } }
`,
  );
}, 15 * minutes);

test(
  'three nodes of a group: two at once, one later, one that lost its power; each sees the others',
  async () => {
    const [first, second] = await Promise.all([joining(), joining()]);
    await Promise.all([first.powerOn(), second.powerOn()]);
    for (const node of [first, second]) {
      expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
      expect((await node.books(group)).state).toBe('InService');
    }
    await meshed(first, second);

    const third = await joining();
    await third.powerOn();
    expect(await third.booted()).toMatchObject({ Result: 'success' });
    await meshed(first, second, third);
    const listed = await third.say('cat', '/run/shop/peers.config');
    for (const node of [first, second]) expect(listed).toContain(`'shop@${node.address}'`);
    expect(listed).not.toContain(third.address);

    // The network between them fails for a moment: OTP itself would leave them apart.
    expect((await third.page(4000, '/part')).body).toBe('alone');
    await meshed(first, second, third);

    // The first now has a peer more than when it started: noted for its next start, and no reason for one.
    const before = await first.properties('shop.service');
    await first.say('systemctl', 'restart', unit);
    expect(await first.booted()).toMatchObject({ Result: 'success' });
    expect(first.changed).toEqual(['file:/run/shop/peers.config']);
    expect((await first.properties('shop.service')).MainPID).toBe(before.MainPID);
    expect(await first.drifting()).toEqual([]);

    await second.cutPower();
    await sees(first, third);
    await second.powerOn();
    expect(await second.booted()).toMatchObject({ Result: 'success' });
    await meshed(first, second, third);
  },
  15 * minutes,
);

test(
  'a node of its own: what the runtime was given, what others may read, and its end in good order',
  async () => {
    const node = await launch(scenario);
    await node.powerOn();
    expect(await node.booted()).toMatchObject({ Result: 'success' });
    expect((await node.page(4000, '/node')).body).toBe(`shop@${node.address}`);
    expect((await node.page(4000, '/nodes')).body).toBe('');
    // Of a t3.small; the runtime rounds both up to a power of two (erl(1), +P and +Q).
    expect((await node.page(4000, '/limits')).body).toMatch(/^\[524288,131072,\d+\]$/);

    const owners = await node.say(
      'stat',
      '-c',
      '%U:%G %a',
      '/run/shop',
      '/run/shop/.erlang.cookie',
    );
    expect(owners).toBe('shop:shop 750\nshop:shop 400');
    const commands = await node.say('sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "');
    expect(commands).toContain('shop@');
    expect(commands).not.toContain(await node.say('cat', '/run/shop/.erlang.cookie'));
    const service = await node.properties('shop.service');
    expect(service).toMatchObject({ LimitNOFILE: '122432', KillMode: 'mixed' });
    const listening = await node.say('ss', '-Hltn');
    expect(listening).toMatch(/:910\d /);
    expect(listening).toMatch(/:4369 /);

    // The name outlives the port mapper: the runtime registers itself again.
    const epmd = await node.properties('epmd.service');
    await node.say('kill', '-KILL', epmd.MainPID ?? '');
    await node.until('the name is there again', async () => {
      const names = await node.run('sh', '-c', '/opt/shop/erts-*/bin/epmd -names');
      return names.stdout.includes('name shop at port 910');
    });
    expect((await node.properties('shop.service')).MainPID).toBe(service.MainPID);

    await node.say('systemctl', 'stop', 'shop');
    expect(await node.properties('shop.service')).toMatchObject({
      ActiveState: 'inactive',
      Result: 'success',
      ExecMainStatus: '0',
    });
    const words = await node.say('journalctl', '-u', 'shop', '-o', 'cat', '--no-pager');
    expect(words).toContain('shop: stopped in good order');
  },
  15 * minutes,
);

const joining = () => launch(scenario, undefined, 'cluster');

/** Waits until each of these nodes sees all others, and no more. */
async function meshed(...nodes: readonly Instance[]): Promise<void> {
  for (const node of nodes) await sees(node, ...nodes.filter((other) => other !== node));
}

async function sees(node: Instance, ...others: readonly Instance[]): Promise<void> {
  const wanted = others.map(({ address }) => `shop@${address}`).sort();
  let body = '';
  await node
    .until(`it sees ${wanted.join(' and ')}`, async () => {
      body = (await node.page(4000, '/nodes')).body;
      return body === wanted.join('\n');
    })
    .catch(() => expect(body.split('\n'), node.address).toEqual(wanted));
}
