import { describe, expect, it } from 'vitest';
import { costOf } from '../../src/plan/cost.ts';
import { criticalPath } from '../../src/plan/critical-path.ts';
import { estimateMs } from '../../src/plan/estimate.ts';
import type { Call } from '../../src/plan/plan.ts';
import { planFor } from '../../src/plan/plan-for.ts';
import { predictCalls } from '../../src/plan/predict-calls.ts';
import type { Drift } from '../../src/resources/resource.ts';
import type { CommandStep } from '../../src/resources/step.ts';
import type { FilledDocument } from '../../src/roles/filled-role.ts';
import fc from '../random-examples.ts';
import { digest, identityOf, releaseOf, roleOf } from './fixtures.ts';

const drift: Drift = { differences: [{ aspect: 'state', wanted: 'there' }] };

describe('criticalPath', () => {
  const step = (id: string, ...needs: string[]): CommandStep => ({
    kind: 'command',
    id,
    needs,
    from: '',
    name: id,
    argv: [id],
    env: {},
    timeoutSeconds: 1,
  });

  it('follows the longest chain, not the one with most steps', () => {
    const steps = [
      step('a'),
      step('b', 'a'),
      step('c', 'b'),
      step('long'),
      step('end', 'c', 'long'),
    ];
    const times: Record<string, number> = { a: 1, b: 1, c: 1, long: 10, end: 2 };
    const { path, ms } = criticalPath(steps, ({ id }) => times[id] ?? 0);
    expect(path.map(({ id }) => id)).toEqual(['long', 'end']);
    expect(ms).toBe(12);
  });

  it('of equal chains takes the first, and of nothing gives nothing', () => {
    expect(criticalPath([step('a'), step('b')], () => 1).path.map(({ id }) => id)).toEqual(['a']);
    expect(criticalPath([], () => 1)).toEqual({ path: [], ms: 0 });
  });

  it('is a chain of needs whose times add up, and no chain is longer', () => {
    const anySteps = fc.array(fc.tuple(fc.nat(20), fc.array(fc.nat(9), { maxLength: 3 })), {
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(anySteps, (drawn) => {
        const steps = drawn.map(([, needs], index) =>
          step(String(index), ...needs.filter((need) => need < index).map(String)),
        );
        const time = ({ id }: { id: string }) => drawn[Number(id)]?.[0] ?? 0;
        const { path, ms } = criticalPath(steps, time);
        expect(path.reduce((sum, each) => sum + time(each), 0)).toBe(ms);
        for (const [index, each] of path.slice(1).entries())
          expect(each.needs).toContain(path[index]?.id);
        const longest = (id: string): number => {
          const found = steps[Number(id)] as CommandStep;
          return time(found) + Math.max(0, ...found.needs.map(longest));
        };
        expect(Math.max(...steps.map(({ id }) => longest(id)))).toBe(ms);
      }),
    );
  });
});

describe('estimateMs', () => {
  const { steps } = planFor(
    roleOf({
      hostname: 'a',
      kernel_modules: { a: {} },
      sysctl: { a: '1' },
      packages: { a: 'present', b: 'present' },
      users: { a: {} },
      secrets: { a: { from: 'a' } },
      directories: { '/a': {} },
      files: { '/b': { content: [''] } },
      artifacts: {
        file: { from: 's3://acme/a', to: '/srv/f', sha256: digest },
        tree: { from: 's3://acme/a.tar', to: '/srv/t', sha256: digest },
      },
      commands: { a: { run: ['a'], creates: '/x', env: {} } },
      services: { a: {}, b: { state: 'stopped' } },
    }),
    identityOf(),
    undefined,
  );

  it('is more than a look where something differs, for every kind', () => {
    const looks = steps.map((step) => estimateMs(step, undefined));
    expect(new Set(looks).size).toBe(1);
    for (const step of steps) expect(estimateMs(step, drift)).toBeGreaterThan(looks[0] as number);
  });

  it('grows with what there is to unpack', () => {
    const of = (id: string) => steps.find((step) => step.id === id) as (typeof steps)[number];
    expect(estimateMs(of('artifact:tree'), drift)).toBeGreaterThan(
      estimateMs(of('artifact:file'), drift),
    );
  });
});

describe('predictCalls', () => {
  const address = 's3://acme-releases/shop/1.4.2/shop.war';
  const release = releaseOf(new Map([[address, { sha256: digest }]]));
  const document: Partial<FilledDocument> = {
    secrets: { db: { from: 'prod/db' } },
    artifacts: { shop: { from: address, to: '/srv/shop.war' } },
  };
  const callsOf = (
    of: Partial<FilledDocument>,
    rest: Partial<Parameters<typeof predictCalls>[0]> = {},
  ) => {
    const identity = rest.identity ?? identityOf();
    const plan = planFor(roleOf(of), identity, release);
    return predictCalls({ plan, identity, ...rest }).map(
      ({ service, operation, count, purpose }) => `${service} ${operation} ${count}: ${purpose}`,
    );
  };

  it('names every call of an ordinary boot with its purpose', () => {
    expect(callsOf(document, { release, overlay: true, metadataRequests: 9 })).toEqual([
      'imds GET 9: identity, tags, user data, credentials',
      's3 GetObject 1: config overlay',
      's3 GetObject 1: release pointer',
      's3 GetObject 1: release manifest',
      'secretsmanager GetSecretValue 1: 1 secret',
      's3 GetObject 1: artifact shop, more where it is large',
      'autoscaling DescribeLifecycleHooks 1: name of the launch hook',
      "autoscaling RecordLifecycleActionHeartbeat 0: 0 below a third of the hook's timeout",
      'autoscaling CompleteLifecycleAction 1: CONTINUE, or ABANDON',
    ]);
  });

  it('counts the ranges of an object whose size the manifest tells', () => {
    const large = releaseOf(new Map([[address, { sha256: digest, size: 60 << 20 }]]));
    const plan = planFor(roleOf(document), identityOf(), large);
    expect(predictCalls({ plan, identity: identityOf() })).toContainEqual({
      service: 's3',
      operation: 'GetObject',
      count: 15,
      purpose: 'artifact shop, in ranges',
    });
  });

  it('leaves out what is in place, and what only has the wrong mode', () => {
    const named = { ...document, lifecycle: { hook: 'launch' } };
    const mode: Drift = { differences: [{ aspect: 'mode', found: '0600', wanted: '0644' }] };
    const calls = callsOf(named, { drifts: new Map([['artifact:shop', mode]]) });
    expect(calls.map((call) => call.split(' ')[1])).toEqual([
      'RecordLifecycleActionHeartbeat',
      'CompleteLifecycleAction',
    ]);
    expect(callsOf(named, { drifts: new Map([['artifact:shop', drift]]) })[0]).toBe(
      's3 GetObject 1: artifact shop, more where it is large',
    );
  });

  it('asks EC2 for tags only where the metadata has none, and nobody outside a group', () => {
    const identity = identityOf({ tagsFrom: 'ec2-api', facts: { group_name: '' } });
    expect(callsOf({}, { identity, release: { ...release, source: 'user data' } })).toEqual([
      'ec2 DescribeTags 1: instance tags (off in the metadata)',
      's3 GetObject 1: release manifest',
    ]);
  });

  it('counts secrets by the calls that read them', () => {
    const secrets = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`s${i}`, { from: `id${i}` }]));
    const reads = (of: FilledDocument['secrets']) =>
      callsOf({ secrets: of }).filter((call) => call.startsWith('secretsmanager'));
    expect(reads(secrets(21))).toEqual(['secretsmanager GetSecretValue 21: 21 secrets']);
    expect(
      reads({ user: { from: 'db', field: 'user' }, password: { from: 'db', field: 'password' } }),
    ).toEqual(['secretsmanager GetSecretValue 1: 1 secret']);
    expect(reads({ ...secrets(2), old: { from: 'id0', version_stage: 'AWSPREVIOUS' } })).toEqual([
      'secretsmanager GetSecretValue 3: 3 secrets',
    ]);
  });
});

describe('costOf', () => {
  it('adds list prices, and says what they are', () => {
    const call = (service: Call['service'], count: number): Call => ({
      service,
      operation: 'x',
      count,
      purpose: 'x',
    });
    expect(costOf([call('s3', 3), call('secretsmanager', 1), call('autoscaling', 2)])).toEqual({
      usd: 0.0000062,
      basis: expect.stringContaining('list price'),
    });
    expect(costOf([]).usd).toBe(0);
  });
});
