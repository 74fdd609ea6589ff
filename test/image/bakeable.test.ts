import { describe, expect, it } from 'vitest';
import { sampledClass } from '../../src/commands/sampled-class.ts';
import { readRolesFolder } from '../../src/commands/surroundings.ts';
import { localHost } from '../../src/host/local-host.ts';
import type { SampledClass } from '../../src/image/agreed.ts';
import { bakeable } from '../../src/image/bakeable.ts';
import { sampleNodes } from '../../src/image/samples.ts';
import type { FileStep, PackageStep, ServiceStep, Step } from '../../src/resources/step.ts';
import { readAgentConfig } from '../../src/roles/agent-config.ts';

const base = { needs: [], from: 'here' };
const owned = { owner: 'root', group: 'root', mode: '0644' };
const file = (path: string, content = 'a', needs: string[] = []): FileStep => ({
  ...base,
  ...owned,
  kind: 'file',
  id: `file:${path}`,
  path,
  content: [content],
  needs,
});
const packages = (wanted: Record<string, string>, needs: string[] = []): PackageStep => ({
  ...base,
  kind: 'package',
  id: 'packages',
  packages: Object.entries(wanted).map(([apt, version]) => ({ apt, wanted: version })),
  needs,
});
const sysctl = (settings: Record<string, string>): Step => ({
  ...base,
  kind: 'sysctl',
  id: 'sysctl',
  settings,
});
const mask = (...units: string[]): Step => ({ ...base, kind: 'mask', id: 'masks', units });
const service = (unit: string, enable = false): ServiceStep => ({
  ...base,
  kind: 'service',
  id: `service:${unit}`,
  unit,
  enable,
  state: 'started',
  credentials: {},
  timeoutSeconds: 90,
});
const artifact = (name: string, sha256: string): Step => ({
  ...base,
  ...owned,
  kind: 'artifact',
  id: `artifact:${name}`,
  source: { bucket: 'acme', key: name },
  sha256,
  as: 'file',
  format: 'plain',
  path: `/srv/${name}`,
  keep: 3,
  strip: 0,
  limits: { bytes: 1, files: 1 },
});

/** Alike on both sample nodes, unless `other` says what the second has. */
const classOf = (name: string, one: Step[], other = one): SampledClass => ({
  class: name,
  samples: [one, other],
});
const ids = (steps: readonly Step[]) => steps.map(({ id }) => id);
const reason = (left: ReturnType<typeof bakeable>['left'], what: string) =>
  left.find((one) => one.what === what)?.because;

describe('what can be baked', () => {
  it('of packages: all that no class and no instance wants otherwise', () => {
    const { steps, left } = bakeable(
      [
        classOf(
          'a',
          [packages({ jre: 'present', ntp: 'absent', x: '1', big: 'present' })],
          [packages({ jre: 'present', ntp: 'absent', x: '1' })],
        ),
        classOf('b', [packages({ nginx: 'present', x: '2' })]),
      ],
      undefined,
    );
    expect(steps).toEqual([
      {
        ...packages({ jre: 'present', nginx: 'present' }),
        from: 'packages',
      },
    ]);
    expect(left).toEqual([
      { what: 'package ntp', because: 'only nodes of a want it absent' },
      { what: 'package x', because: 'nodes differ: a wants 1, b wants 2' },
      { what: 'package big', because: 'it depends on the instance' },
    ]);
  });

  it('of kernel settings: what every class has alike, since it holds on every node', () => {
    const { steps, left } = bakeable(
      [
        classOf('a', [sysctl({ somaxconn: '1', swappiness: '1', mine: '1' })]),
        classOf('b', [sysctl({ somaxconn: '1', swappiness: '10' })]),
      ],
      undefined,
    );
    expect(steps).toEqual([{ ...sysctl({ somaxconn: '1' }), from: 'sysctl' }]);
    expect(left.map(({ what }) => what)).toEqual(['sysctl swappiness', 'sysctl mine']);
  });

  it('of files: what every class has alike, for which all that it needs is baked', () => {
    const all = packages({ jre: 'present' });
    const { steps, left } = bakeable(
      [
        classOf(
          'a',
          [
            all,
            file('/etc/all', 'a', ['packages']),
            file('/etc/heap', '1'),
            file('/etc/mine'),
            file('/run/x'),
            file('/etc/after', 'a', ['command:init']),
          ],
          [
            all,
            file('/etc/all', 'a', ['packages']),
            file('/etc/heap', '2'),
            file('/etc/mine'),
            file('/run/x'),
            file('/etc/after', 'a', ['command:init']),
          ],
        ),
        classOf('b', [
          file('/etc/all'),
          file('/etc/heap', '1'),
          file('/run/x'),
          file('/etc/after'),
        ]),
      ],
      undefined,
    );
    expect(ids(steps)).toEqual(['packages', 'file:/etc/all']);
    expect(steps[1]?.needs).toEqual(['packages']);
    expect(reason(left, 'file:/etc/heap')).toBe('it is not the same on all nodes');
    expect(reason(left, 'file:/etc/mine')).toBe('nodes of b do not have it');
    expect(reason(left, 'file:/run/x')).toBe('it lies in memory');
    expect(reason(left, 'file:/etc/after')).toBe('it needs command:init');
  });

  it('sources of packages go into the image before them, though one class alone has them', () => {
    const list = '/etc/apt/sources.list.d/php.list';
    const { steps } = bakeable(
      [
        classOf('a', [packages({ jre: 'present' })]),
        classOf('b', [packages({ php: 'present' }, [`file:${list}`]), file(list)]),
      ],
      undefined,
    );
    expect(ids(steps)).toEqual([`file:${list}`, 'packages']);
  });

  it('of masks: all but those of a unit that another class runs', () => {
    const { steps, left } = bakeable(
      [
        classOf('a', [mask('man-db.timer', 'nginx.service')]),
        classOf('b', [mask('apt-daily.timer'), service('nginx.service')]),
      ],
      undefined,
    );
    expect(steps[0]).toMatchObject({ units: ['apt-daily.timer', 'man-db.timer'] });
    expect(reason(left, 'mask nginx.service')).toBe('not all nodes want it, as a does');
  });

  it('a service that one class enables is not held back', () => {
    const { steps } = bakeable(
      [classOf('a', [service('x.service')]), classOf('b', [service('x.service', true)])],
      undefined,
    );
    expect(steps).toEqual([expect.objectContaining({ enable: true })]);
  });

  it('artifacts: all, each digest once, but those that depend on the instance', () => {
    const sampled = [
      classOf(
        'a',
        [artifact('war', 'aa'), artifact('big', 'b1')],
        [artifact('war', 'aa'), artifact('big', 'b2')],
      ),
      classOf('b', [artifact('war', 'aa'), artifact('tar', 'cc')]),
    ];
    const { steps, left } = bakeable(sampled, undefined);
    expect(ids(steps)).toEqual(['artifact:war of a', 'artifact:tar of b']);
    expect(left).toEqual([{ what: 'artifact:big of a', because: 'it depends on the instance' }]);
    expect(bakeable(sampled, 'there is no AWS').steps).toEqual([]);
  });

  it('an artifact comes after the user that owns it, where that is baked', () => {
    const steps: Step[] = [
      { ...artifact('war', 'aa'), needs: ['user:shop', 'command:x'] },
      {
        ...base,
        kind: 'user',
        id: 'user:shop',
        name: 'shop',
        system: true,
        shell: '/usr/sbin/nologin',
        groups: [],
      },
    ];
    const { steps: baked } = bakeable([classOf('a', steps)], undefined);
    expect(ids(baked)).toEqual(['user:shop', 'artifact:war of a']);
    expect(baked[1]?.needs).toEqual(['user:shop']);
  });

  it('neither secrets, nor commands, nor a name', () => {
    const steps: Step[] = [
      { ...base, kind: 'hostname', id: 'hostname', hostname: 'web' },
      { ...base, kind: 'secret', id: 'secrets', secrets: [] },
      {
        ...base,
        kind: 'command',
        id: 'command:init',
        name: 'init',
        argv: ['make'],
        env: {},
        timeoutSeconds: 1,
      },
    ];
    const { steps: baked, left } = bakeable([classOf('a', steps)], undefined);
    expect(baked).toEqual([]);
    expect(left.map(({ what }) => what)).toEqual(['hostname', 'secrets', 'command:init']);
  });
});

describe('the roles that ship, in one image', () => {
  it('share time, limits and logs; each keeps what is its own for the boot', async () => {
    const baked = await readRolesFolder(localHost().files, `${process.cwd()}/roles`, 'roles');
    const sampling = {
      baked,
      config: readAgentConfig('', 'agent.yaml'),
      nodes: sampleNodes({ architecture: 'arm64' }),
      tell: () => undefined,
      signal: new AbortController().signal,
    } as const;
    const names = ['tomcat', 'php', 'erlang'];
    const sampled = await Promise.all(names.map((name) => sampledClass(name, sampling)));
    const { steps, left } = bakeable(sampled, 'there is no AWS');
    expect(ids(steps)).toEqual(
      expect.arrayContaining([
        'kernel-modules',
        'sysctl',
        'masks',
        'packages',
        'file:/etc/systemd/journald.conf.d/60-node.conf',
        'service:tomcat10',
        'service:nginx',
      ]),
    );
    const settings = steps.find((step) => step.kind === 'sysctl')?.settings;
    expect(settings).toHaveProperty(['net.ipv4.tcp_congestion_control'], 'bbr');
    expect(settings).not.toHaveProperty(['vm.swappiness']);
    const specs = steps.find((step) => step.kind === 'package')?.packages.map(({ apt }) => apt);
    expect(specs).toEqual(expect.arrayContaining(['tomcat10', 'nginx', 'chrony']));
    expect(reason(left, 'file:/etc/tomcat10/server.xml')).toBe(
      'nodes of php, erlang do not have it',
    );
  });
});

describe('sample nodes', () => {
  it('differ in all that an instance decides, and in all that is not known', () => {
    const [one, other] = sampleNodes({ architecture: 'x86_64' });
    const same = Object.entries(one).filter(
      ([key, value]) => other[key as keyof typeof other] === value,
    );
    expect(same.map(([key]) => key)).toEqual(['architecture']);
    const [known, knownToo] = sampleNodes({
      architecture: 'arm64',
      region: 'eu-west-1',
      account_id: '123456789012',
    });
    expect(known.region).toBe(knownToo.region);
    expect(known.zone).not.toBe(knownToo.zone);
    expect([known.instance_family, knownToo.instance_family]).toEqual(['t4g', 'c7g']);
  });
});
