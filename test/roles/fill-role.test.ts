/** Filling a role in: what the planner gets. */

import { describe, expect, it } from 'vitest';
import fc from '../random-examples.ts';
import { filledOf } from './samples.ts';

const text = `
description: The {{ shop }}.
hostname: "{{ class }}-{{ facts.instance_id | slice: 2, 4 }}"
values:
  heap_mib: "{{ facts.memory_mib | percent: values.share }}"
  share: "{{ 50 | plus: 10 }}"
  port: 8080
  words: ["{{ class }}", 2]
  jvm: { max: "-Xmx{{ values.heap_mib }}m" }
secrets:
  db: { from: "prod/{{ class }}/db" }
  key: { from: prod/key, field: private }
users: { app: { home: "/opt/{{ class }}" } }
packages: { curl: present, tool: { apt: "tool-{{ facts.architecture }}" } }
kernel_modules: { tcp_bbr: { options: { a: "{{ facts.vcpus }}" } } }
sysctl: { net.core.somaxconn: 4096, fs.file-max: "{{ facts.memory_mib | times: 100 }}" }
mask: { man-db.timer: "nobody reads {{ them }}" }
directories: { /etc/shop: { owner: app } }
files:
  /etc/shop/a.conf:
    mode: "0640"
    content: |
      {% if values.heap_mib > 1000 %}big{% endif %}
      pw={{ secrets.db.password }}
  /etc/shop/b.conf: { template: conf/b.conf }
artifacts:
  shop: { from: "s3://acme/{{ release.name }}/shop.war", to: "/srv/{{ class }}.war" }
commands:
  migrate: { run: "migrate --port {{ values.port }}", unless: [test, -f, "/{{ class }}"], env: { PW: "{{ secrets.db.password }}" } }
  listed: { run: [echo, "{{ values.port }}"], creates: /x }
services:
  shop: { unit: "[Service]\\nUser={{ class }}\\n", credentials: { db: db } }
  nginx: { drop_in: "k={{ secrets.key | base64_encode }}" }
probes:
  web: { http: { port: "{{ values.port }}", path: "/{{ class }}" }, interval: 1 }
  sock: { tcp: { port: 22 } }
  cmd: { command: "test -e /{{ class }}" }
lifecycle: { hook: "{{ class }}-launch" }
`;
const templates = new Map([['conf/b.conf', 'name={{ tags.Name }} {{ values.jvm.max }}\n']]);
const given = { templates, tags: { Name: 'one' }, release: { name: '1.4.2' } };

describe('fillRole', () => {
  it('fills every text in, and leaves secrets as references', () => {
    const { document, ancestry } = filledOf(text, given);
    expect(ancestry).toEqual(['shop']);
    expect(document).toEqual({
      description: 'The {{ shop }}.',
      hostname: 'shop-0abc',
      values: {
        heap_mib: 2304,
        share: 60,
        port: 8080,
        words: ['shop', 2],
        jvm: { max: '-Xmx2304m' },
      },
      secrets: { db: { from: 'prod/shop/db' }, key: { from: 'prod/key', field: 'private' } },
      users: { app: { home: '/opt/shop' } },
      packages: { curl: 'present', tool: { apt: 'tool-x86_64' } },
      kernel_modules: { tcp_bbr: { options: { a: '2' } } },
      sysctl: { 'net.core.somaxconn': '4096', 'fs.file-max': '384000' },
      mask: { 'man-db.timer': 'nobody reads {{ them }}' },
      directories: { '/etc/shop': { owner: 'app' } },
      files: {
        '/etc/shop/a.conf': {
          mode: '0640',
          content: ['big\npw=', { secret: 'db', field: 'password' }, '\n'],
        },
        '/etc/shop/b.conf': { content: ['name=one -Xmx2304m\n'] },
      },
      artifacts: { shop: { from: 's3://acme/1.4.2/shop.war', to: '/srv/shop.war' } },
      commands: {
        migrate: {
          run: ['/bin/sh', '-euc', 'migrate --port 8080'],
          unless: ['test', '-f', '/shop'],
          env: { PW: [{ secret: 'db', field: 'password' }] },
        },
        listed: { run: ['echo', '8080'], creates: '/x', env: {} },
      },
      services: {
        shop: { unit: ['[Service]\nUser=shop\n'], credentials: { db: 'db' } },
        nginx: { drop_in: ['k=', { secret: 'key', encoding: 'base64' }] },
      },
      probes: {
        web: { http: { port: 8080, path: '/shop' }, interval: 1 },
        sock: { tcp: { port: 22 } },
        cmd: { command: ['/bin/sh', '-euc', 'test -e /shop'] },
      },
      lifecycle: { hook: 'shop-launch' },
      drain: { stop_work: {}, commands: {} },
    });
  });

  it('gives every section, empty where the role has none', () => {
    expect(filledOf('').document).toEqual({
      description: '',
      values: {},
      secrets: {},
      users: {},
      packages: {},
      kernel_modules: {},
      sysctl: {},
      mask: {},
      directories: {},
      files: {},
      artifacts: {},
      commands: {},
      services: {},
      probes: {},
      lifecycle: {},
      drain: { stop_work: {}, commands: {} },
    });
  });

  it('leaves texts without templates as they are, whatever is in them', () => {
    fc.assert(
      fc.property(
        fc.string().filter((content) => !/\{[{%]/.test(content)),
        (content) => {
          const { document } = filledOf(JSON.stringify({ files: { '/a': { content } } }));
          expect(document.files['/a']?.content.join('')).toBe(content);
        },
      ),
    );
  });

  it('orders values by what they refer to, however they are written down', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }), (order) => {
        const all = order.map((i) => [`v${i}`, i === 0 ? 1 : `{{ values.v${i - 1} | plus: 1 }}`]);
        const { values } = filledOf(JSON.stringify({ values: Object.fromEntries(all) })).document;
        expect(values).toEqual({ v0: 1, v1: 2, v2: 3, v3: 4, v4: 5, v5: 6 });
      }),
    );
  });
});
