import { describe, expect, it } from 'vitest';
import { planFaults } from '../../src/plan/check-role.ts';
import type { FilledRole } from '../../src/roles/filled-role.ts';
import type { Origin } from '../../src/roles/role.ts';
import { roleOf } from './fixtures.ts';

const origin: Origin = {
  value: 's3://acme/release.json',
  at: { source: 'roles/a.yaml' },
  replaced: [],
};
const withManifest = { origins: new Map([['release.manifest', origin]]) };
const artifacts = { shop: { from: 's3://acme/shop.war', to: '/srv/shop.war' } };

describe('planFaults', () => {
  it('takes artifacts without a digest to be in the manifest that the role names', () => {
    expect(planFaults(roleOf({ artifacts }, withManifest))).toEqual([]);
    expect(planFaults(roleOf({ artifacts }))).toEqual([
      expect.stringContaining('no digest is known of s3://acme/shop.war'),
    ]);
  });

  it('gives every fault, one text each', () => {
    const role = roleOf({
      commands: { a: { run: ['true'], env: {} } },
      services: { b: { after: ['service:c'] } },
    });
    expect(planFaults(role)).toEqual([
      expect.stringContaining('commands.a: has no guard'),
      expect.stringContaining('services.b.after: there is no step "service:c"'),
    ]);
  });

  it('lets a bug be a bug', () => {
    const broken = { ...roleOf({}), document: undefined } as unknown as FilledRole;
    expect(() => planFaults(broken)).toThrow(TypeError);
  });
});
