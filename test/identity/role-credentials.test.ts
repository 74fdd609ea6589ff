import { describe, expect, it } from 'vitest';
import { fasterClock, systemClock } from '../../src/clock.ts';
import { ConfigError, UnavailableError } from '../../src/errors.ts';
import { roleCredentials } from '../../src/identity/role-credentials.ts';
import type { Fault } from '../../src/simulator/fault.ts';
import { bench, instance } from './instance.ts';
import { steppableClock } from './steppable-clock.ts';

const key = 'meta-data/iam/security-credentials/web-node';
const minute = 60_000;

function documentOf(name: string, expiresAt: number, more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    Code: 'Success',
    AccessKeyId: name,
    SecretAccessKey: `${name} secret`,
    Token: `${name} token`,
    Expiration: new Date(expiresAt).toISOString(),
    ...more,
  });
}

async function setUp(faults: readonly Fault[] = []) {
  const clock = steppableClock();
  const started = await bench({ clock, faults }, { deadlineMs: 3000 });
  const reads = () => started.service.requests.filter((request) => request.key === key).length;
  return { ...started, clock, reads, credentials: roleCredentials(started.metadata, clock) };
}

describe('roleCredentials', () => {
  it('gives what the instance profile hands out, for two requests', async () => {
    const { credentials, service, received } = await setUp();
    const got = await credentials();
    expect(got).toEqual({ ...service.credentials, expiration: expect.any(Date) });
    expect(Object.isFrozen(got)).toBe(true);
    expect(await credentials()).toBe(got);
    expect(received()).toEqual([
      'PUT api/token 200',
      'GET meta-data/iam/security-credentials/ 200',
      `GET ${key} 200`,
    ]);
  });

  it('reads once for all who ask at the same time', async () => {
    const { credentials, reads } = await setUp();
    const [first, ...others] = await Promise.all([credentials(), credentials(), credentials()]);
    for (const other of others) expect(other).toBe(first);
    expect(reads()).toBe(1);
  });

  it('tells the account where the service does', async () => {
    const { credentials, service, clock } = await setUp();
    service.set(key, documentOf('A', clock.now() + 60 * minute, { AccountId: '123456789012' }));
    expect((await credentials()).accountId).toBe('123456789012');
  });

  it('renews five minutes before the end, not earlier', async () => {
    const { credentials, service, clock, reads } = await setUp();
    service.set(key, documentOf('A', clock.now() + 60 * minute));
    await credentials();
    service.set(key, documentOf('B', clock.now() + 120 * minute));
    clock.skip(54 * minute);
    expect((await credentials()).accessKeyId).toBe('A');
    expect(reads()).toBe(1);
    clock.skip(1 * minute);
    expect((await credentials()).accessKeyId).toBe('B');
    expect(reads()).toBe(2);
  });

  it('keeps the old ones while they are good and new ones are not to be had, without asking at each call', async () => {
    const { credentials, service, clock, reads } = await setUp();
    service.set(key, documentOf('A', clock.now() + 60 * minute));
    await credentials();
    service.set(key, '{"Code":"Failed"}');
    clock.skip(56 * minute);
    expect((await credentials()).accessKeyId).toBe('A');
    expect((await credentials()).accessKeyId).toBe('A');
    expect(reads()).toBe(2);
    clock.skip(minute);
    expect((await credentials()).accessKeyId).toBe('A');
    expect(reads()).toBe(3);
    clock.skip(5 * minute);
    await expect(credentials()).rejects.toThrow(/Code Failed/);
    service.set(key, documentOf('B', clock.now() + 60 * minute));
    expect((await credentials()).accessKeyId).toBe('B');
  });

  it('does not wait long for new ones while the old ones are good', async () => {
    const { credentials, service, clock } = await setUp([
      { on: `imds:${key}`, do: 'hang', skip: 1 },
    ]);
    service.set(key, documentOf('A', clock.now() + 60 * minute));
    await credentials();
    clock.skip(56 * minute);
    clock.hurried = true;
    expect((await credentials()).accessKeyId).toBe('A');
  });

  it('passes a refusal on by its Code: 200 does not mean good', async () => {
    const { credentials, service } = await setUp();
    service.set(
      key,
      '{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume the role web-node."}',
    );
    const error = await credentials().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(String(error)).toMatch(
      /Code AssumeRoleUnauthorizedAccess: EC2 cannot assume.*trust policy/,
    );
  });

  it.each([
    ['{"Code":"Success","AccessKeyId":"AKIA","Secr', /is not a JSON object/],
    ['"text"', /is not a JSON object/],
    ['{"Code":"Success","AccessKeyId":"canary-1"}', /lacks one of AccessKeyId, SecretAccessKey/],
    [documentOf('canary-1', 0).replace(/1970[^"]*/, 'soon'), /lacks one of .*Expiration/],
  ])('does not take %s, nor quote it', async (text, wanted) => {
    const { credentials, service } = await setUp();
    service.set(key, text);
    const error = await credentials().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(String(error)).toMatch(wanted);
    expect(String(error)).not.toMatch(/canary|AKIA/);
  });

  it('no instance profile: waited for a short time, then in words', async () => {
    const { instance_profile: _profile, ...bare } = instance;
    const { metadata, service } = await bench(
      { instance: bare, clock: fasterClock(100) },
      { random: () => 0.99 },
    );
    const credentials = roleCredentials(metadata, systemClock);
    const error = await credentials().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(/No instance profile attached .* no IAM role.*launch template/);
    const asked = service.requests.length;
    expect(asked).toBeGreaterThan(2);
    // The ABANDON that follows does not wait another time.
    await expect(credentials()).rejects.toBe(error);
    expect(service.requests.length).toBe(asked);
  });

  it('an instance profile that comes a little later is found', async () => {
    const { credentials, service, clock } = await setUp();
    const text = documentOf('A', clock.now() + 60 * minute);
    service.set(key, undefined);
    const asked = credentials();
    while (service.requests.length < 3) await systemClock.sleep(1);
    service.set(key, text);
    expect((await asked).accessKeyId).toBe('A');
  });

  it('ends with the reason of the signal, for that caller alone', async () => {
    const { credentials } = await setUp([{ on: `imds:${key}`, do: { delay_ms: 50 } }]);
    const given = new AbortController();
    const first = credentials(given.signal);
    const second = credentials();
    given.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    expect((await second).accessKeyId).toBe('AKIASIMULATED');
    await expect(credentials(given.signal)).rejects.toThrow('enough');
  });
});
