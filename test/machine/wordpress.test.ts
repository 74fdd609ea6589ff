import { beforeAll, expect, inject, test } from 'vitest';
import type { Cloud } from './cloud/cloud.ts';
import { containers } from './container.ts';
import { layer } from './image/layer.ts';
import { type Instance, instancesOfThisFile, unit } from './instances.ts';
import { siteWithReleases } from './wordpress/releases.ts';
import { Browser, client, forwarded, siteName } from './wordpress/site.ts';

const launch = instancesOfThisFile();
const { building, folder } = inject('image');
const packages = ['mariadb-server', 'memcached', 'wordpress', 'wordpress-theme-twentytwentythree'];
let services: readonly string[] = [];
let site = '';

beforeAll(async () => {
  services = [await layer(packages, [building.debian]), building.debian];
  site = siteWithReleases(folder, services);
});

test('WordPress on two nodes: one database, one place for sessions, and a release that no request notices', async () => {
  // Where RDS and ElastiCache would be: a machine without the agent.
  const beside = await backingServices();
  const nodes = [await launch(site), await launch(site)] as const;
  const [a, b] = nodes;
  await Promise.all(nodes.map((node) => node.powerOn()));
  for (const node of nodes) {
    expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
    expect((await node.books('shop-php')).state).toBe('InService');
    expect(await node.drifting()).toEqual([]);
  }
  await aRealSite(a, b);
  await whatPhpKnows(a);
  await sessions(a, b);
  await whatTheNodeTells(a);
  await nextRelease(a, b);
  expect((await beside.properties('mariadb.service')).ActiveState).toBe('active');
});

async function backingServices(): Promise<Instance> {
  // The nodes' user data and secret name it by its address.
  const plugged = {
    ...containers,
    plug: (cloud: Cloud, { name }: { name: string }) => cloud.plug(name, '10.77.0.9'),
  };
  const machine = await launch('plain', services, undefined, plugged);
  machine.bake(
    'etc/mysql/mariadb.conf.d/90-open.cnf',
    '[mysqld]\nbind-address=0.0.0.0\ninit-file=/etc/mysql/shop.sql\n',
  );
  machine.bake(
    'etc/mysql/shop.sql',
    [
      'CREATE DATABASE IF NOT EXISTS wordpress;',
      `CREATE USER IF NOT EXISTS shop@'%' IDENTIFIED BY 'canary "pass" word/42';`,
      "GRANT ALL ON wordpress.* TO shop@'%';\n",
    ].join('\n'),
  );
  machine.bake('etc/memcached.conf', '-d\n-m 64\n-u memcache\n-l 0.0.0.0\n');
  await machine.powerOn();
  for (const name of ['mariadb.service', 'memcached.service'])
    await machine.until(`${name} runs`, async () => {
      return (await machine.properties(name)).ActiveState === 'active';
    });
  return machine;
}

/** Installed by its own installer; what is written through one node is read through the other. */
async function aRealSite(a: Instance, b: Instance): Promise<void> {
  const browser = new Browser();
  const password = 'correct horse battery staple';
  const installed = await browser.post(a, '/wp-admin/install.php?step=2', {
    weblog_title: 'The Machine Shop',
    user_name: 'editor',
    admin_password: password,
    admin_password2: password,
    admin_email: 'editor@example.com',
    blog_public: '1',
  });
  expect(installed.body).toContain('Success!');
  const home = await browser.get(b, '/');
  expect([home.status, /<title>(.*?)<\/title>/.exec(home.body)?.[1]]).toEqual([
    200,
    'The Machine Shop',
  ]);
  // A folder has its index, and a redirect keeps what the client sees.
  expect((await browser.get(b, '/wp-includes/css')).headers.location).toBe('/wp-includes/css/');
  const admin = await browser.get(b, '/wp-admin/');
  expect(admin.headers.location).toContain(`https://${siteName}/wp-login.php`);

  await browser.get(b, '/wp-login.php');
  await browser.post(b, '/wp-login.php', { log: 'editor', pwd: password, testcookie: '1' });
  // Cookies that one node signed are good on the other.
  const nonce = (await browser.get(a, '/wp-admin/admin-ajax.php?action=rest-nonce')).body;
  const json = { 'content-type': 'application/json', 'x-wp-nonce': nonce };
  const words = { title: 'Two nodes', content: 'One database.', status: 'publish' };
  const post = await browser.send(a, '/?rest_route=/wp/v2/posts', json, JSON.stringify(words));
  expect(post.status).toBe(201);
  const { id } = JSON.parse(post.body) as { id: number };
  for (const node of [a, b]) {
    const page = await new Browser().get(node, `/?p=${id}`);
    expect([page.status, page.body.includes('One database.')]).toEqual([200, true]);
  }
  await upload(a, browser, nonce);
}

/** More than PHP takes by default (2 MiB), less than the role's 16. */
async function upload(node: Instance, browser: Browser, nonce: string): Promise<void> {
  const text = 'What users send.\n'.repeat(200_000);
  const form = (content: string) =>
    `--x\r\nContent-Disposition: form-data; name="file"; filename="notes.txt"\r\nContent-Type: text/plain\r\n\r\n${content}\r\n--x--\r\n`;
  const headers = { 'content-type': 'multipart/form-data; boundary=x', 'x-wp-nonce': nonce };
  const sent = await browser.send(node, '/?rest_route=/wp/v2/media', headers, form(text));
  expect(sent.status).toBe(201);
  const { source_url: url } = JSON.parse(sent.body) as { source_url: string };
  expect(url).toMatch(new RegExp(`^https://${siteName}/wp-content/uploads/`));
  const back = await browser.get(node, new URL(url).pathname);
  expect([back.status, back.body === text]).toEqual([200, true]);
  const tooLarge = await browser.send(node, '/', headers, form('x'.repeat(17 * 1024 * 1024)));
  expect(tooLarge.status).toBe(413);

  // A hole by which somebody could leave a program there would not make it run.
  node.bake('var/lib/shop/wp-content/uploads/program.php', '<?php echo 6 * 7;');
  expect((await browser.get(node, '/wp-content/uploads/program.php')).body).toContain('6 * 7');
  expect((await browser.get(node, '/wp-content/uploads/none.php')).status).toBe(404);
  expect((await browser.get(node, '/release.php/none.php')).status).toBe(404);
  expect((await browser.get(node, '/.git/config')).status).toBe(404);
}

async function whatPhpKnows(node: Instance): Promise<void> {
  const asked = { port: 80, path: '/surroundings.php' };
  const known = await node.request({ ...asked, headers: { ...forwarded, proxy: 'evil.example' } });
  const { server, writable } = JSON.parse(known.body);
  expect(server).toMatchObject({
    HTTPS: 'on',
    REQUEST_SCHEME: 'https',
    SERVER_PORT: '443',
    HTTP_HOST: siteName,
    REMOTE_ADDR: client,
  });
  expect(server.HTTP_PROXY ?? '').toBe('');
  expect(server.SCRIPT_FILENAME).toMatch(/^\/srv\/shop\.releases\/[0-9a-f]+\/public\//);
  expect(writable).toBe(false);
  const plain = JSON.parse((await node.request(asked)).body).server;
  expect(plain).toMatchObject({ REQUEST_SCHEME: 'http', SERVER_PORT: '80' });
  expect(plain.HTTPS).toBeUndefined();
}

/** Written through one node, read through the other; and requests of one session take turns, across nodes. */
async function sessions(a: Instance, b: Instance): Promise<void> {
  const browser = new Browser();
  expect((await browser.get(a, '/session.php')).body).toBe('1');
  expect((await browser.get(b, '/session.php')).body).toBe('2');
  const atOnce = [a, b, a, b, a, b].map((node) => browser.get(node, '/session.php?ms=300'));
  const seen = (await Promise.all(atOnce)).map(({ body }) => body);
  expect(seen.sort()).toEqual(['3', '4', '5', '6', '7', '8']);
}

/** Logs in the journal, and what only the node itself may ask. */
async function whatTheNodeTells(node: Instance): Promise<void> {
  await node.request({ port: 80, path: '/surroundings.php?say=a-word-for-the-journal' });
  await node.request({ port: 80, path: '/health.php?ms=2500' });
  const journal = () => node.say('journalctl', '-b', '-o', 'cat', '-u', 'php8.2-fpm');
  await node.until('the journal has it', async () => {
    const said = await journal();
    return said.includes('a-word-for-the-journal') && said.includes('executing too slow');
  });
  const log = node.read('var/log/nginx/access.log');
  expect(log).toContain(client);
  const asked = (path: string) =>
    node.say(
      '/opt/bootstrap-agent/bin/node',
      '-e',
      `fetch('http://127.0.0.1:8081${path}').then(async (r) => console.log(r.status, await r.text()))`,
    );
  expect(await asked('/fpm-status')).toMatch(/^200 pool: +www\n/);
  expect(await asked('/fpm-ping')).toBe('200 pong');
  expect(await asked('/nginx-status')).toMatch(/^200 Active connections: /);
  await expect(node.request({ port: 8081, path: '/fpm-status' })).rejects.toThrow(/ECONNREFUSED/);
  expect((await node.request({ port: 80, path: '/fpm-status' })).body).not.toContain('pool:');
}

/** A new pointer: one node takes the release in while it serves, the other one at its next boot. */
async function nextRelease(a: Instance, b: Instance): Promise<void> {
  const health = { port: 80, path: '/health.php' };
  const before = await a.properties('php8.2-fpm.service');
  for (const node of [a, b]) await node.put('acme-releases-eu-west-1', 'shop/current', 'two\n');
  const seen: string[] = [];
  let switching = true;
  const steady = Array.from({ length: 4 }, async () => {
    while (switching) {
      const { status, body } = await a.request(health);
      seen.push(`${status} ${body}`);
    }
  });
  // In flight when the switch comes: it ends in the release in which it began.
  const slow = a.request({ ...health, path: '/health.php?ms=4000' });
  await a.say('systemctl', 'restart', unit);
  await a.until('the new code answers', () => seen.at(-1) === '200 release two');
  switching = false;
  await Promise.all(steady);
  expect([...new Set(seen)].sort()).toEqual(['200 release one', '200 release two']);
  expect(await slow).toMatchObject({ status: 200, body: 'release one' });
  // systemd and the group are told before the record of the boot is on the disk.
  await a.booted();
  expect(a.changed.sort()).toEqual(['artifact:shop', 'service:php8.2-fpm']);
  const after = await a.properties('php8.2-fpm.service');
  expect([after.MainPID, after.NRestarts]).toEqual([before.MainPID, '0']);
  expect(await a.drifting()).toEqual([]);

  expect((await b.request(health)).body).toBe('release one');
  await b.reboot();
  expect(await b.booted()).toMatchObject({ Result: 'success' });
  expect((await b.request(health)).body).toBe('release two');
  expect((await new Browser().get(b, '/')).body).toContain('The Machine Shop');
}
