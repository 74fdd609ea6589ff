import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { planFor } from '../../src/plan/plan-for.ts';
import type { Release } from '../../src/releases/release.ts';
import type { Step } from '../../src/resources/step.ts';
import type { FilledDocument, FilledRole } from '../../src/roles/filled-role.ts';
import type { Origin } from '../../src/roles/role.ts';
import { digest, identityOf, releaseOf, roleOf } from './fixtures.ts';

describe('planFor', () => {
  it('makes one step of each entry, with defaults', () => {
    const plan = planFor(
      roleOf({
        hostname: 'web-1',
        kernel_modules: { tcp_bbr: {}, nf_conntrack: { options: { hashsize: 4096 } } },
        sysctl: { 'net.ipv4.tcp_rmem': ' 4096\t87380  6291456 ' },
        packages: { chrony: 'present', ntp: 'absent', tomcat: { apt: 'tomcat10' } },
        users: { shop: { home: '/srv/shop' } },
        secrets: { db: { from: 'prod/shop/db', field: 'password' } },
        mask: { 'man-db.timer': 'nobody reads them', apport: 'tells strangers' },
        directories: { '/srv/shop/': {} },
        files: {
          '/etc/motd': { content: ['hello\n'] },
          '/run/shop.conf': { content: ['p=', { secret: 'db' }] },
          '/run/shop2.conf': { content: [{ secret: 'db' }], owner: 'shop', group: 'shop' },
        },
        artifacts: {
          war: { from: 's3://acme/shop.war', to: '/srv/shop/shop.war', sha256: digest },
        },
        commands: { init: { run: ['/bin/sh', '-euc', 'make'], creates: '/srv/made', env: {} } },
        services: { tomcat10: {} },
      }),
      identityOf(),
      undefined,
    );
    expect(Object.fromEntries(plan.steps.map((step) => [step.id, without(step, ['id'])]))).toEqual({
      hostname: { kind: 'hostname', from: 'hostname', needs: [], hostname: 'web-1' },
      'kernel-modules': {
        kind: 'kernel-module',
        from: 'kernel_modules',
        needs: [],
        modules: [
          { name: 'tcp_bbr', options: {} },
          { name: 'nf_conntrack', options: { hashsize: '4096' } },
        ],
      },
      sysctl: {
        kind: 'sysctl',
        from: 'sysctl',
        needs: ['kernel-modules'],
        settings: { 'net.ipv4.tcp_rmem': '4096 87380 6291456' },
      },
      masks: {
        kind: 'mask',
        from: 'mask',
        needs: [],
        units: ['apport.service', 'man-db.timer'],
      },
      packages: {
        kind: 'package',
        from: 'packages',
        needs: [],
        packages: [
          { apt: 'chrony', dnf: 'chrony', wanted: 'present' },
          { apt: 'ntp', dnf: 'ntp', wanted: 'absent' },
          { apt: 'tomcat10', wanted: 'present' },
        ],
      },
      'user:shop': {
        kind: 'user',
        from: 'users.shop',
        needs: [],
        name: 'shop',
        system: true,
        groups: [],
        home: '/srv/shop',
        shell: '/usr/sbin/nologin',
      },
      secrets: {
        kind: 'secret',
        from: 'secrets',
        needs: [],
        secrets: [
          { name: 'db', from: 'prod/shop/db', field: 'password', owner: 'root', group: 'root' },
        ],
      },
      'directory:/srv/shop': {
        kind: 'directory',
        from: 'directories./srv/shop/',
        needs: [],
        path: '/srv/shop',
        owner: 'root',
        group: 'root',
        mode: '0755',
      },
      'file:/etc/motd': {
        kind: 'file',
        from: 'files./etc/motd',
        needs: ['packages'],
        path: '/etc/motd',
        content: ['hello\n'],
        owner: 'root',
        group: 'root',
        mode: '0644',
      },
      'file:/run/shop.conf': {
        kind: 'file',
        from: 'files./run/shop.conf',
        needs: ['secrets'],
        path: '/run/shop.conf',
        content: ['p=', { secret: 'db' }],
        owner: 'root',
        group: 'root',
        mode: '0600',
      },
      'file:/run/shop2.conf': {
        kind: 'file',
        from: 'files./run/shop2.conf',
        needs: ['user:shop', 'secrets'],
        path: '/run/shop2.conf',
        content: [{ secret: 'db' }],
        owner: 'shop',
        group: 'shop',
        mode: '0640',
      },
      'artifact:war': {
        kind: 'artifact',
        from: 'artifacts.war',
        needs: ['directory:/srv/shop'],
        source: { bucket: 'acme', key: 'shop.war' },
        sha256: digest,
        as: 'file',
        format: 'plain',
        path: '/srv/shop/shop.war',
        keep: 3,
        strip: 0,
        limits: { bytes: 4096 * 1024 * 1024, files: 200_000 },
        owner: 'root',
        group: 'root',
        mode: '0644',
      },
      'command:init': {
        kind: 'command',
        from: 'commands.init',
        needs: everythingBefore('command:init', plan.steps),
        name: 'init',
        argv: ['/bin/sh', '-euc', 'make'],
        creates: '/srv/made',
        env: {},
        timeoutSeconds: 300,
      },
      'service:tomcat10': {
        kind: 'service',
        from: 'services.tomcat10',
        needs: everythingBefore('service:tomcat10', plan.steps),
        restartOn: [
          'packages',
          'secrets',
          'file:/etc/motd',
          'file:/run/shop.conf',
          'file:/run/shop2.conf',
          'artifact:war',
        ],
        unit: 'tomcat10.service',
        enable: false,
        state: 'started',
        credentials: {},
        timeoutSeconds: 90,
      },
    });
    expect(plan.steps.map((step) => step.id).slice(0, 6)).toEqual([
      'hostname',
      'kernel-modules',
      'sysctl',
      'masks',
      'packages',
      'user:shop',
    ]);
  });

  it('gives probes the defaults of a target group', () => {
    const { probes } = planFor(
      roleOf({
        probes: {
          web: { http: { port: 8080 } },
          full: {
            http: { port: 80, path: '/up', host: 'shop', codes: '200-299' },
            interval: 1,
            timeout: 3,
            successes: 2,
            deadline: 60,
          },
          port: { tcp: { port: 25 } },
          own: { command: ['/bin/check'] },
        },
      }),
      identityOf(),
      undefined,
    );
    const defaults = { intervalSeconds: 5, timeoutSeconds: 2, successes: 1, deadlineSeconds: 300 };
    expect(probes).toEqual([
      {
        id: 'probe:web',
        kind: 'http',
        port: 8080,
        path: '/',
        host: 'localhost',
        codes: '200',
        ...defaults,
      },
      {
        id: 'probe:full',
        kind: 'http',
        port: 80,
        path: '/up',
        host: 'shop',
        codes: '200-299',
        intervalSeconds: 1,
        timeoutSeconds: 3,
        successes: 2,
        deadlineSeconds: 60,
      },
      { id: 'probe:port', kind: 'tcp', port: 25, ...defaults },
      { id: 'probe:own', kind: 'command', argv: ['/bin/check'], ...defaults },
    ]);
  });

  it('signals the hook of the group, or says why it does not', () => {
    const role = roleOf({ lifecycle: { hook: 'launch' } });
    const signal = (...args: Parameters<typeof planFor>) => planFor(...args).signal;
    expect(signal(role, identityOf(), undefined)).toEqual({
      kind: 'lifecycle-hook',
      group: 'shop-tomcat',
      hook: 'launch',
    });
    expect(signal(roleOf({}), identityOf(), undefined)).toEqual({
      kind: 'lifecycle-hook',
      group: 'shop-tomcat',
    });
    const alone = { facts: { group_name: '' } } as const;
    expect(signal(role, identityOf(alone), undefined)).toEqual({
      kind: 'none',
      because: expect.stringContaining('no tag aws:autoscaling:groupName'),
    });
    expect(signal(role, identityOf({ ...alone, tagsFrom: 'none' }), undefined)).toEqual({
      kind: 'none',
      because: expect.stringContaining('no tags could be read'),
    });
  });

  it('takes the deadline of the role, then the one given, then 15 minutes', () => {
    const deadline = (role: FilledRole, deadlineSeconds?: number) =>
      planFor(
        role,
        identityOf(),
        undefined,
        deadlineSeconds === undefined ? {} : { deadlineSeconds },
      ).deadlineSeconds;
    expect(deadline(roleOf({ lifecycle: { deadline: 60 } }), 120)).toBe(60);
    expect(deadline(roleOf({}), 120)).toBe(120);
    expect(deadline(roleOf({}))).toBe(900);
  });

  it('names the release and where its name came from', () => {
    const plan = planFor(roleOf({}), identityOf(), releaseOf(new Map()));
    expect(plan.release).toEqual({ name: '1.4.2', source: 's3://acme-releases/shop/current' });
    expect(planFor(roleOf({}), identityOf(), undefined)).not.toHaveProperty('release');
  });

  describe('the digest', () => {
    const file = (mode: string) => ({ '/a': { mode, content: ['x'] } });
    const digestFor = (document: Partial<FilledDocument>, identity = identityOf()) =>
      planFor(roleOf(document), identity, undefined).digest;

    it('is equal for the same machine, on every instance, whatever the order of keys', () => {
      const one = digestFor({ sysctl: { a: '1', b: '2' }, files: file('0644') });
      const other = identityOf({ facts: { instance_id: 'i-0ffffffffffffffff' } });
      expect(one).toMatch(/^[0-9a-f]{64}$/);
      expect(digestFor({ sysctl: { b: '2', a: '1' }, files: file('0644') }, other)).toBe(one);
    });

    it('changes with what the machine becomes', () => {
      expect(digestFor({ files: file('0644') })).not.toBe(digestFor({ files: file('0600') }));
    });
  });
});

describe('needs', () => {
  const packages = { nginx: 'present' };
  const text = { content: ['x'] };

  it('lets files wait for packages only where packages put something', () => {
    const needs = needsIn({
      packages,
      files: {
        '/etc/app.conf': text,
        '/srv/app/a': text,
        '/opt/app/a': text,
        '/usr/local/etc/a': text,
        '/run/app.env': text,
        '/srv/app/theirs': { ...text, owner: 'www-data' },
        '/etc/apt/sources.list.d/own.list': text,
      },
    });
    expect(needs).toMatchObject({
      'file:/etc/app.conf': ['packages'],
      'file:/srv/app/a': [],
      'file:/opt/app/a': [],
      'file:/usr/local/etc/a': [],
      'file:/run/app.env': [],
      'file:/srv/app/theirs': ['packages'],
      'file:/etc/apt/sources.list.d/own.list': [],
      packages: ['file:/etc/apt/sources.list.d/own.list'],
    });
  });

  it('finds the nearest declared directory, the users and the groups', () => {
    const needs = needsIn({
      packages,
      users: {
        shop: { groups: ['www-data', 'ops'] },
        ops: {},
        web: { group: 'webbers' },
        self: { groups: ['self', 'root'] },
      },
      directories: { '/srv': {}, '/srv/shop': { owner: 'shop' }, '/srv/shop/a/b': {} },
      files: {
        '/srv/shop/a/x': text,
        '/srv/x': { ...text, group: 'webbers' },
        '/srv/y': { ...text, group: 'ops', owner: 'root' },
      },
      secrets: { db: { from: 'db', owner: 'shop', group: 'nginx' } },
    });
    expect(needs).toMatchObject({
      'user:shop': ['packages', 'user:ops'],
      'user:ops': [],
      'user:web': ['packages'],
      'user:self': [],
      'directory:/srv/shop': ['user:shop', 'directory:/srv'],
      'directory:/srv/shop/a/b': ['directory:/srv/shop'],
      'file:/srv/shop/a/x': ['directory:/srv/shop'],
      'file:/srv/x': ['packages', 'user:web', 'directory:/srv'],
      'file:/srv/y': ['user:ops', 'directory:/srv'],
      secrets: ['packages', 'user:shop'],
    });
  });

  it('starts downloads at once where nothing holds them up', () => {
    const artifact = { from: 's3://acme/a.tar.gz', sha256: digest };
    const needs = needsIn({
      packages,
      users: { shop: {} },
      directories: { '/srv': {} },
      artifacts: {
        free: { ...artifact, to: '/srv/free' },
        owned: { ...artifact, to: '/srv/owned', owner: 'shop', group: 'shop' },
        theirs: { ...artifact, to: '/srv/theirs', owner: 'www-data' },
        inside: { ...artifact, to: '/var/lib/tomcat10/a' },
      },
    });
    expect(needs).toMatchObject({
      'artifact:free': ['directory:/srv'],
      'directory:/srv': [],
      'artifact:owned': ['user:shop', 'directory:/srv'],
      'artifact:theirs': ['packages', 'directory:/srv'],
      'artifact:inside': ['packages'],
    });
  });

  it('lets commands and services wait for all that does not come after them', () => {
    const guarded = { run: ['true'], creates: '/x', env: {} } as const;
    const needs = needsIn({
      files: { '/a': text, '/b': { ...text, after: ['command:one'] } },
      commands: {
        one: guarded,
        two: { ...guarded, after: ['command:one'] },
        warm: { ...guarded, after: ['service:web'] },
        cool: { ...guarded, after: ['service:db'] },
      },
      services: { web: {}, db: {}, last: { after: ['service:web'] } },
    });
    expect(needs).toEqual({
      'file:/a': [],
      'file:/b': ['command:one'],
      'command:one': ['file:/a'],
      'command:two': ['file:/a', 'command:one'],
      'service:web': ['file:/a', 'file:/b', 'command:one', 'command:two'],
      'service:db': ['file:/a', 'file:/b', 'command:one', 'command:two'],
      'command:warm': ['file:/a', 'service:web'],
      'command:cool': ['file:/a', 'service:db'],
      'service:last': ['file:/a', 'file:/b', 'command:one', 'command:two', 'service:web'],
    });
  });

  it('takes the patterns of a service, and its secrets besides', () => {
    const plan = planFor(
      roleOf({
        packages,
        secrets: { key: { from: 'key' } },
        sysctl: { a: '1' },
        files: { '/etc/nginx/a': text, '/etc/nginx/b/c': text, '/etc/php': text },
        services: {
          nginx: {
            needs: ['file:/etc/nginx/*', 'sysctl'],
            reload: ['file:/etc/nginx/b/*'],
            credentials: { tls: 'key' },
          },
          'other.service': { needs: [], after: ['service:nginx'] },
          'late.timer': { needs: ['*'] },
        },
      }),
      identityOf(),
      undefined,
    );
    const services = plan.steps.filter((step) => step.kind === 'service');
    expect(
      services.map(({ id, unit, needs, restartOn, reloadOn }) => ({
        ...{ id, unit, needs, restartOn },
        ...(reloadOn && { reloadOn }),
      })),
    ).toEqual([
      {
        id: 'service:nginx',
        unit: 'nginx.service',
        needs: ['sysctl', 'secrets', 'file:/etc/nginx/a', 'file:/etc/nginx/b/c'],
        restartOn: ['secrets', 'file:/etc/nginx/a', 'file:/etc/nginx/b/c'],
        reloadOn: ['file:/etc/nginx/b/c'],
      },
      { id: 'service:other', unit: 'other.service', needs: ['service:nginx'], restartOn: [] },
      {
        id: 'service:late.timer',
        unit: 'late.timer',
        needs: expect.arrayContaining(['service:other', 'packages']),
        restartOn: expect.arrayContaining(['file:/etc/php', 'packages']),
      },
    ]);
  });
});

describe('artifacts', () => {
  const address = 's3://acme/shop/1.4.2/shop.war';
  const release = releaseOf(new Map([[address, { sha256: digest, size: 5, versionId: 'v1' }]]));
  const artifact = (entry: object, of: Release | null = release) =>
    planFor(
      roleOf({ artifacts: { shop: { from: address, to: '/srv/shop.war', ...entry } } }),
      identityOf(),
      of ?? undefined,
    ).steps[0];

  it('take digest, size and version from the manifest', () => {
    expect(artifact({})).toMatchObject({
      sha256: digest,
      size: 5,
      source: { bucket: 'acme', key: 'shop/1.4.2/shop.war', versionId: 'v1' },
    });
    expect(artifact({ sha256: digest, version_id: 'v1' })).toMatchObject({
      sha256: digest,
      size: 5,
    });
    expect(artifact({ sha256: digest, version_id: 'v9' }, null)).toMatchObject({
      source: { versionId: 'v9' },
    });
  });

  it.each([
    ['a.tar', {}, 'tar', 'tree'],
    ['a.tar.gz', {}, 'tar.gz', 'tree'],
    ['a.tgz', {}, 'tar.gz', 'tree'],
    ['a.tar.zst', {}, 'tar.zst', 'tree'],
    ['a.zip', {}, 'zip', 'tree'],
    ['a.war', {}, 'plain', 'file'],
    ['a.war', { unpack: true }, 'zip', 'tree'],
    ['a.tar.gz', { unpack: false }, 'plain', 'file'],
    ['a.bin', {}, 'plain', 'file'],
  ])('%s %j becomes %s as %s', (key, entry, format, as) => {
    expect(artifact({ from: `s3://acme/${key}`, sha256: digest, ...entry })).toMatchObject({
      format,
      as,
      mode: as === 'tree' ? '0755' : '0644',
    });
  });

  it('can be told everything', () => {
    expect(
      artifact({
        unpack: true,
        strip: 1,
        keep: 2,
        max_unpacked_mib: 1,
        max_files: 9,
        owner: 'root',
        mode: '0700',
      }),
    ).toMatchObject({ strip: 1, keep: 2, limits: { bytes: 1024 * 1024, files: 9 }, mode: '0700' });
  });

  it.each([
    [{ sha256: 'cd'.repeat(32) }, 'the role wants sha256 cdcd'],
    [{ version_id: 'v2' }, 'the role wants version v2'],
    [{ from: 's3://acme/shop/1.4.2/shop.waar' }, `does not list it (did you mean "${address}"?)`],
    [{ from: 's3://acme/x.bin', sha256: digest, unpack: true }, 'cannot unpack s3://acme/x.bin'],
    [{ from: 's3://acme' }, 'the key after the bucket is missing'],
    [{ to: '/srv/../etc/x' }, 'must be absolute, without ".."'],
  ])('%j is a fault', (entry, message) => {
    expect(() => artifact(entry)).toThrow(ConfigError);
    expect(() => artifact(entry)).toThrow(message);
  });

  it('without any digest say how to give one', () => {
    const role = roleOf({ artifacts: { shop: { from: address, to: '/srv/shop.war' } } });
    expect(() => planFor(role, identityOf(), undefined)).toThrow(
      'artifacts.shop: no digest is known of s3://acme/shop/1.4.2/shop.war: name a manifest under release.manifest',
    );
  });
});

describe('faults', () => {
  const text = { content: ['x'] };
  const guarded = { run: ['true'], creates: '/x', env: {} } as const;
  const tree = { from: 's3://acme/a.tar.gz', sha256: digest, to: '/srv/app' };

  it.each<[string, Partial<FilledDocument>, string]>([
    [
      'an unknown step after',
      { files: { '/a': { ...text, after: ['fil:/b'] }, '/b': text } },
      'files./a.after: there is no step "fil:/b" (did you mean "file:/b"?)',
    ],
    [
      'a stranger after',
      { files: { '/a': { ...text, after: ['command:migrate'] } } },
      'there is no step "command:migrate"; there are file:/a',
    ],
    [
      'a pattern that matches nothing',
      { files: { '/etc/nginx/a': text }, services: { x: { needs: ['file:/etc/ngnix/*'] } } },
      'services.x.needs: no step matches "file:/etc/ngnix/*" (did you mean "file:/etc/nginx/a"?)',
    ],
    [
      'a reload for what is no reason to restart',
      {
        files: { '/etc/nginx/a': text, '/etc/b': text },
        services: { x: { needs: ['file:/etc/nginx/a'], reload: ['file:/etc/b'] } },
      },
      'services.x.reload: "file:/etc/b" matches nothing that x.service would restart for; it restarts for file:/etc/nginx/a',
    ],
    [
      'a circle',
      {
        commands: {
          a: { ...guarded, after: ['command:b'] },
          b: { ...guarded, after: ['command:a'] },
        },
      },
      'commands.a: needs itself: command:a -> command:b -> command:a',
    ],
    [
      'a service that needs itself',
      { services: { a: { needs: ['service:a'] } } },
      'services.a: needs itself: service:a -> service:a',
    ],
    [
      'a step after itself',
      { files: { '/a': { ...text, after: ['file:/a'] } } },
      'files./a: needs itself: file:/a -> file:/a',
    ],
    [
      'two steps for one path',
      { files: { '/srv/app': text }, artifacts: { a: { ...tree, unpack: false } } },
      '/srv/app is wanted twice: by artifact:a and by file:/srv/app (files./srv/app)',
    ],
    [
      'a directory and a file',
      { files: { '/srv/app': text }, directories: { '/srv/app': {} } },
      '/srv/app is wanted twice, as a file and as a directory',
    ],
    [
      'one path written twice',
      { directories: { '/srv': {}, '/srv/': {} } },
      'directories./srv/: means the same as directories./srv',
    ],
    [
      'one unit written twice',
      { services: { a: {}, 'a.service': {} } },
      'services.a.service: means the same as services.a',
    ],
    [
      'a unit file written twice',
      { services: { a: { unit: ['[Unit]'] } }, files: { '/etc/systemd/system/a.service': text } },
      '/etc/systemd/system/a.service is wanted twice',
    ],
    [
      'a drop-in written twice',
      {
        secrets: { k: { from: 'k' } },
        services: { a: { credentials: { k: 'k' } } },
        files: { '/etc/systemd/system/a.service.d/50-bootstrap-agent.conf': text },
      },
      'is wanted twice',
    ],
    [
      'a file in a release',
      { files: { '/srv/app/conf/a': text }, artifacts: { a: tree } },
      '/srv/app/conf/a lies below /srv/app, which is a symlink to an unpacked release (artifact:a)',
    ],
    [
      'a directory among releases',
      { directories: { '/srv/app.releases/x': {} }, artifacts: { a: tree } },
      '/srv/app.releases/x lies below /srv/app, which is a symlink',
    ],
    [
      'a file below a file',
      { files: { '/srv/a': text, '/srv/a/b': text } },
      '/srv/a/b lies below /srv/a, which is a file (file:/srv/a)',
    ],
    [
      'a folder of the agent',
      { files: { '/run/bootstrap-agent/secrets/x': text } },
      'lies in /run/bootstrap-agent, which belongs to the agent',
    ],
    [
      'a file of the agent',
      { files: { '/etc/sysctl.d/60-bootstrap-agent.conf': text } },
      'put the parameters under sysctl',
    ],
    [
      'a path with dots',
      { files: { '/etc/../a': text } },
      'files./etc/../a: the path "/etc/../a" must be absolute',
    ],
    ['a directory with dots', { directories: { '/etc/./a': {} } }, 'directories./etc/./a'],
    [
      'an open file with a secret',
      {
        secrets: { db: { from: 'db' } },
        files: { '/run/a': { content: [{ secret: 'db' }], mode: '0644' } },
      },
      'files./run/a.mode: mode 0644 lets every user read the secret "db"',
    ],
    [
      'a secret on the disk',
      { secrets: { db: { from: 'db' } }, files: { '/etc/a': { content: [{ secret: 'db' }] } } },
      'files./etc/a: it holds the secret "db", and secrets stay in memory: write it below /run',
    ],
    [
      'an undeclared secret in a file',
      {
        secrets: { cookie: { from: 'c' } },
        files: { '/run/a': { content: [{ secret: 'cokie' }] } },
      },
      'files./run/a: the secret "cokie" is not declared under secrets (did you mean "cookie"?)',
    ],
    [
      'an undeclared credential',
      { services: { a: { credentials: { tls: 'key' } } } },
      'services.a.credentials.tls: the secret "key" is not declared',
    ],
    [
      'an undeclared secret of a command',
      { commands: { a: { ...guarded, env: { P: [{ secret: 'key' }] } } } },
      'commands.a.env.P: the secret "key"',
    ],
    [
      'a secret in a unit file',
      { secrets: { key: { from: 'k' } }, services: { a: { drop_in: ['x', { secret: 'key' }] } } },
      'services.a.drop_in: the secret "key" would be readable by everyone',
    ],
    [
      'a command without a guard',
      { commands: { a: { run: ['true'], env: {} } } },
      'commands.a: has no guard',
    ],
    ['a package of no system', { packages: { a: {} } }, 'packages.a: names neither apt nor dnf'],
    ['a bad host name', { hostname: 'web_1' }, 'hostname: "web_1" is not a host name'],
    ['a bad unit name', { services: { 'a b': {} } }, '"a b.service" is not the name of a unit'],
  ])('%s', (_, document, message) => {
    const plan = () => planFor(roleOf(document), identityOf(), undefined);
    expect(plan).toThrow(ConfigError);
    expect(plan).toThrow(message);
  });

  it('come all at once, each with its place', () => {
    const origin = (source: string, line: number): Origin => ({
      value: '',
      at: { source, line, column: 5, ...(line > 20 && { within: 'overrides[1] (tag)' }) },
      replaced: [],
    });
    const origins = new Map([
      ['files./a.after', origin('roles/tomcat.yaml', 12)],
      ['commands.b.run', origin('user data', 30)],
    ]);
    const role = roleOf(
      { files: { '/a': { ...text, after: ['x'] } }, commands: { b: { run: ['true'], env: {} } } },
      { origins },
    );
    expect(() => planFor(role, identityOf(), undefined)).toThrow(
      expect.objectContaining({
        message: 'The role "tomcat" has 2 faults',
        faults: [
          expect.stringContaining('user data:30:5, overrides[1] (tag): commands.b: has no guard'),
          expect.stringContaining('roles/tomcat.yaml:12:5: files./a.after: there is no step "x"'),
        ],
      }),
    );
  });
});

function needsIn(document: Partial<FilledDocument>): Record<string, readonly string[]> {
  const { steps } = planFor(roleOf(document), identityOf(), undefined);
  return Object.fromEntries(steps.map((step) => [step.id, step.needs]));
}

/** Ids of all steps that stand before `id` in the plan. */
function everythingBefore(id: string, steps: readonly Step[]): string[] {
  const ids = steps.map((step) => step.id);
  const before = ids.slice(0, ids.indexOf(id));
  return expect.toSatisfy(
    (needs: string[]) => [...needs].sort().join() === [...before].sort().join(),
  );
}

function without(step: Step, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(step).filter(([key]) => !keys.includes(key)));
}
