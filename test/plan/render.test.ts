import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { planFor } from '../../src/plan/plan-for.ts';
import { predictCalls } from '../../src/plan/predict-calls.ts';
import { renderExplain } from '../../src/plan/render/explain.ts';
import { planDocument } from '../../src/plan/render/plan-document.ts';
import { renderPlan } from '../../src/plan/render/render-plan.ts';
import type { PlanView } from '../../src/plan/render/view.ts';
import type { Difference, Drift } from '../../src/resources/resource.ts';
import type { Origin, Place } from '../../src/roles/role.ts';
import { digest, identityOf, releaseOf, roleOf } from './fixtures.ts';

const plain = { colour: false };
const war = 's3://acme-releases/shop/1.4.2/shop.war';
const context = [
  '<Context docBase="/srv/shop/shop.war">\n  <Resource name="jdbc/shop" password="',
  { secret: 'db', field: 'password' },
  '"/>\n</Context>\n',
] as const;
const server = Array.from({ length: 30 }, (_, i) => `  <Connector port="${8080 + i}"/>\n`).join('');

const role = roleOf({
  kernel_modules: { tcp_bbr: {} },
  sysctl: { 'net.core.somaxconn': '4096', 'vm.swappiness': '1' },
  packages: { tomcat10: 'present', chrony: 'present' },
  users: { shop: { home: '/srv/shop', groups: ['tomcat'] } },
  secrets: { db: { from: 'prod/shop/db' }, tls: { from: 'prod/shop/tls', field: 'key' } },
  directories: { '/srv/shop': { owner: 'shop', group: 'shop' } },
  files: {
    '/run/shop/context.xml': { content: context, group: 'tomcat' },
    '/etc/tomcat10/server.xml': { content: [server], group: 'tomcat', mode: '0640' },
    '/etc/chrony/chrony.conf': { content: ['server 169.254.169.123 iburst\nmakestep 1 3\n'] },
  },
  artifacts: { shop: { from: war, to: '/srv/shop/shop.war' } },
  commands: {
    warm: { run: ['/bin/sh', '-euc', 'curl -s localhost\n'], creates: '/srv/w', env: {} },
  },
  services: {
    chrony: { enable: true, needs: ['file:/etc/chrony/*'] },
    tomcat10: { drop_in: ['[Service]\nLimitNOFILE=65536\n'], credentials: { tls: 'tls' } },
  },
  probes: {
    shop: { http: { port: 8080, path: '/health' } },
    jmx: { tcp: { port: 9010 }, successes: 2 },
  },
});

function drift(first: Difference, ...more: Difference[]): Drift {
  return { differences: [first, ...more] };
}

const release = releaseOf(new Map([[war, { sha256: digest, size: 61_234_567, versionId: 'v7' }]]));

/** A machine on which some steps are in place, some are not there, and some differ. */
const drifts = new Map<string, Drift | undefined>([
  ['kernel-modules', undefined],
  [
    'sysctl',
    drift(
      { aspect: 'net.core.somaxconn', found: '128', wanted: '4096' },
      { aspect: 'vm.swappiness', found: '60', wanted: '1' },
    ),
  ],
  ['packages', drift({ aspect: 'tomcat10', wanted: 'present' })],
  ['user:shop', drift({ aspect: 'user', wanted: 'shop' })],
  ['secrets', drift({ aspect: 'db', wanted: 'fetched' }, { aspect: 'tls', wanted: 'fetched' })],
  [
    'directory:/srv/shop',
    drift({ aspect: 'type', wanted: 'directory' }, { aspect: 'mode', wanted: '0755' }),
  ],
  [
    'file:/run/shop/context.xml',
    drift({
      aspect: 'content',
      wanted:
        '<Context docBase="/srv/shop/shop.war">\n  <Resource name="jdbc/shop" password="«secret db.password»"/>\n</Context>\n',
    }),
  ],
  ['file:/etc/tomcat10/server.xml', drift({ aspect: 'content', wanted: server })],
  [
    'file:/etc/chrony/chrony.conf',
    drift(
      {
        aspect: 'content',
        found: 'pool 2.debian.pool.ntp.org iburst\nmakestep 1 3\n',
        wanted: 'server 169.254.169.123 iburst\nmakestep 1 3\n',
      },
      { aspect: 'mode', found: '0640', wanted: '0644' },
    ),
  ],
  ['artifact:shop', drift({ aspect: 'content', wanted: `sha256 ${digest.slice(0, 12)}` })],
  ['command:warm', drift({ aspect: 'creates', wanted: '/srv/w' })],
  [
    'service:tomcat10',
    drift(
      { aspect: 'drop-in', wanted: '[Service]\nLimitNOFILE=65536\n' },
      { aspect: 'state', found: 'inactive', wanted: 'started' },
    ),
  ],
]);

const identity = identityOf();
const plan = planFor(role, identity, release);
const view: PlanView = {
  identity,
  role,
  plan,
  drifts,
  calls: predictCalls({ identity, plan, release, drifts, metadataRequests: 9 }),
  warnings: [
    'The tag Role is set, but the class is looked for in the tag Class; nobody reads the tag Role.',
  ],
  simulated: true,
  source: 'scenario tomcat',
};

describe('renderPlan', () => {
  it('prints what a person needs to know', async () => {
    await expect(renderPlan(view, plain)).toMatchFileSnapshot('expected/tomcat.txt');
  });

  it('prints the least there is', async () => {
    const bare = identityOf({
      class: {
        name: 'bare',
        source: 'default',
        held: [{ source: 'default', where: '/etc/bootstrap-agent/agent.yaml', value: 'bare' }],
      },
      tags: {},
      tagNames: [],
      tagsFrom: 'none',
      userData: { kind: 'foreign', looksLike: 'shell script', bytes: 312 },
      facts: { group_name: '' },
    });
    const empty = roleOf({}, { class: 'bare' });
    const text = renderPlan(
      {
        ...view,
        identity: bare,
        role: { class: 'bare', ancestry: ['bare'] },
        plan: planFor(empty, bare, undefined),
        drifts: new Map(),
        calls: [],
        warnings: [],
        simulated: false,
        source: 'the metadata of this instance',
      },
      plain,
    );
    await expect(text).toMatchFileSnapshot('expected/bare.txt');
  });

  it('stays within its width, without blanks at the end of a line', () => {
    for (const width of [100, 72]) {
      for (const line of renderPlan(view, { colour: false, width }).split('\n')) {
        expect([...line].length, line).toBeLessThanOrEqual(width);
        expect(line).toBe(line.trimEnd());
        expect(line).not.toContain('undefined');
      }
    }
  });

  it('says the same in colour', () => {
    const coloured = renderPlan(view, { colour: true });
    expect(coloured).toContain('\u001b[32m');
    expect(stripVTControlCharacters(coloured)).toBe(renderPlan(view, plain));
    expect(renderPlan(view, plain)).not.toContain('\u001b');
  });

  it('keeps what stands in a file from steering the terminal', () => {
    const nasty = drift({ aspect: 'content', found: 'a\n', wanted: 'a\u001b[2J\u009b1A\tb\n' });
    const text = renderPlan(
      { ...view, drifts: new Map([['file:/etc/tomcat10/server.xml', nasty]]) },
      plain,
    );
    expect(text).toContain('+ a\\x1b[2J\\x9b1A    b');
    for (const steering of ['\u001b', '\u009b', '\t']) expect(text).not.toContain(steering);
  });

  it('shows other user data, other probes and other signals', () => {
    const other = identityOf({
      tagsFrom: 'ec2-api',
      userData: {
        kind: 'ours',
        carriedIn: 'MIME part 2',
        document: { class: 'tomcat', release: '1.4.2', text: '' },
      },
    });
    const checked = roleOf({
      probes: { a: { command: ['/bin/check', '-v'] }, b: { http: { port: 80, host: 'shop' } } },
      lifecycle: { hook: 'launching' },
    });
    const text = renderPlan(
      { ...view, identity: other, plan: planFor(checked, other, undefined) },
      plain,
    );
    expect(text).toContain('User data  MIME part 2: class, release');
    expect(text).toContain('(by EC2 DescribeTags: off in');
    expect(text).toContain('/bin/check -v exits 0');
    expect(text).toContain('GET http://localhost:80/ (Host: shop) answers 200');
    expect(text).toContain('CONTINUE to the hook launching of group shop-tomcat');
  });

  it.each([
    [900, 'it waits 50 min in all'],
    [7200, 'to wait for 7200 s it needs one of 72 s'],
    [200_000, 'no hook waits longer than 48 h'],
  ])('says what a deadline of %d s asks of the hook', (deadline, words) => {
    const checked = roleOf({ probes: {}, lifecycle: { deadline } });
    const text = renderPlan({ ...view, plan: planFor(checked, identityOf(), undefined) }, plain);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(words);
  });

  it('gives up on the shortest difference where the texts have nothing in common', () => {
    const lines = (word: string) =>
      Array.from({ length: 3000 }, (_, i) => `${word}${i}\n`).join('');
    const all = drift({ aspect: 'content', found: lines('a'), wanted: lines('b') });
    const text = renderPlan(
      { ...view, drifts: new Map([['file:/etc/tomcat10/server.xml', all]]) },
      plain,
    );
    expect(text).toContain('- a0\n');
    expect(text).toContain('… 5,988 more lines');
  });
});

describe('planDocument', () => {
  it('has the documented keys, and null where there is nothing', () => {
    const document = planDocument(view);
    expect(Object.keys(document)).toEqual([
      'simulated',
      'source',
      'class',
      'ancestry',
      'release',
      'peers',
      'facts',
      'tags',
      'tagNames',
      'tagsFrom',
      'userData',
      'digest',
      'steps',
      'criticalPath',
      'calls',
      'cost',
      'probes',
      'signal',
      'deadlineSeconds',
      'drain',
      'registration',
      'record',
      'warnings',
    ]);
    expect(document.class.held[0]).toEqual({
      source: 'user data',
      where: 'user data',
      value: null,
    });
    expect(document.steps.find(({ id }) => id === 'kernel-modules')?.drift).toBeNull();
    expect(document.steps.find(({ id }) => id === 'sysctl')?.drift).toHaveLength(2);
    expect(document.criticalPath.steps.at(-1)).toBe('service:tomcat10');
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    const bare = planFor(roleOf({}), identity, undefined);
    expect(planDocument({ ...view, plan: bare }).release).toBeNull();
  });
});

describe('renderExplain', () => {
  const at = (source: string, line: number): Place => ({ source, line, column: 7 });
  const origins = new Map<string, Origin>([
    [
      'files./etc/tomcat10/server.xml.mode',
      {
        value: '0640',
        at: at('roles/tomcat.yaml', 41),
        replaced: [{ value: '0644', at: at('roles/base.yaml', 9) }],
      },
    ],
    [
      'files./etc/tomcat10/server.xml.content',
      {
        value: '<Connector port="{{ values.port }}"/>\n<more/>\n',
        at: at('roles/tomcat.yaml', 42),
        replaced: [],
      },
    ],
    ['values.port', { value: '{{ values.base_port }}', at: at('user data', 4), replaced: [] }],
    ['values.base_port', { value: 8080, at: at('roles/base.yaml', 2), replaced: [] }],
    ['values.port_of_other', { value: 1, at: at('roles/base.yaml', 3), replaced: [] }],
  ]);
  const explained = { ...view, origins };

  it('shows the desired state, the order, and where each value was written', async () => {
    const text = renderExplain('file:/etc/tomcat10/server.xml', explained, plain);
    await expect(text).toMatchFileSnapshot('expected/explain-server-xml.txt');
  });

  it('shows the whole difference where something else is there', async () => {
    const text = renderExplain('file:/etc/chrony/chrony.conf', explained, plain);
    await expect(text).toMatchFileSnapshot('expected/explain-chrony-conf.txt');
  });

  it('explains every step of the plan, with secrets by reference', () => {
    for (const { id } of plan.steps) {
      const text = renderExplain(id, explained, plain);
      expect(text).not.toMatch(/undefined|\[object|[ \t]\n|\\x0a/);
      expect(text.split('\n')[0]).toContain(id);
    }
    expect(renderExplain('file:/run/shop/context.xml', explained, plain)).toContain(
      'password="«secret db.password»"',
    );
    expect(renderExplain('service:tomcat10', explained, plain)).toContain('LimitNOFILE=65536');
  });

  it('names the steps there are when there is none of that name', () => {
    const explain = () => renderExplain('file:/etc/tomcat10/servr.xml', explained, plain);
    expect(explain).toThrow(ConfigError);
    expect(explain).toThrow('did you mean "file:/etc/tomcat10/server.xml"?');
  });
});
