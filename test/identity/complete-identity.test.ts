import { describe, expect, it } from 'vitest';
import { completeIdentity } from '../../src/identity/read-identity.ts';
import { read } from './identifying.ts';
import { instance } from './instance.ts';

describe('completeIdentity', () => {
  it('reads what is named, once, and leaves out tags that are not there', async () => {
    const { identity, metadata, service } = await read({
      instance: { ...instance, public_ipv4: '203.0.113.7', life_cycle: 'spot' },
    });
    const before = service.requests.length;
    const wanted = {
      facts: ['hostname', 'public_ipv4', 'ipv6', 'purchase_option'],
      tags: ['Name', 'Class', 'Missing', 'constructor'],
    } as const;
    const complete = await completeIdentity(identity, metadata, wanted);
    expect(complete.facts).toMatchObject({
      hostname: 'ip-10-0-3-7.eu-west-1.compute.internal',
      public_ipv4: '203.0.113.7',
      ipv6: '',
      purchase_option: 'spot',
      instance_id: instance.instance_id,
    });
    expect(complete.tags).toEqual({ ...identity.tags, Name: 'web 1' });
    expect(service.requests.length - before).toBe(5);
    expect(Object.isFrozen(complete.facts) && Object.isFrozen(complete.tags)).toBe(true);
    expect(identity.facts.hostname).toBeUndefined();

    expect(await completeIdentity(complete, metadata, wanted)).toEqual(complete);
    expect(service.requests.length - before).toBe(5);
  });

  it('asks metadata for no tag that it does not show', async () => {
    const { identity, metadata, service } = await read(
      { instance: { ...instance, tags_in_metadata: false } },
      { describeTags: async () => ({ Class: 'php', Name: 'x' }) },
    );
    const before = service.requests.length;
    const complete = await completeIdentity(identity, metadata, {
      facts: [],
      tags: ['Name', 'Other'],
    });
    expect(complete.tags).toEqual({ Class: 'php', Name: 'x' });
    expect(service.requests.length).toBe(before);
  });
});
