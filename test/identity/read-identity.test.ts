import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ConfigError, UnavailableError } from '../../src/errors.ts';
import { roleCredentials } from '../../src/identity/role-credentials.ts';
import { identify, read } from './identifying.ts';
import { bench, instance } from './instance.ts';

const document = 'dynamic/instance-identity/document';
const ours = (text: string) => Buffer.from(`#bootstrap-agent\n${text}`);

describe('readIdentity', () => {
  it('guesses nothing where nobody says whether this is a launch into a warm pool', async () => {
    const on = 'imds:meta-data/autoscaling/target-lifecycle-state';
    const silent = read({ faults: [{ on, do: { status: 503 } }] });
    await expect(silent).rejects.toThrow(UnavailableError);
    await expect(silent).rejects.toThrow('target-lifecycle-state');
  });

  it('gives the facts, the class, the tags that count, and the names of the others', async () => {
    const { identity, events } = await read();
    expect(identity).toEqual({
      facts: {
        instance_id: 'i-0123456789abcdef0',
        instance_type: 'm5.2xlarge',
        instance_family: 'm5',
        instance_size: '2xlarge',
        architecture: 'x86_64',
        vcpus: 8,
        memory_mib: 31_600,
        zone: 'eu-west-1a',
        region: 'eu-west-1',
        account_id: '123456789012',
        image_id: 'ami-0123456789abcdef0',
        private_ipv4: '10.0.3.7',
        group_name: 'web',
      },
      class: {
        name: 'tomcat',
        source: 'tag',
        held: [
          { source: 'user data', where: 'user data', value: undefined },
          { source: 'tag', where: 'tag Class', value: 'tomcat' },
          { source: 'default', where: 'agent.yaml', value: undefined },
        ],
      },
      tags: { Class: 'tomcat', Release: '1.10', 'aws:autoscaling:groupName': 'web' },
      tagNames: ['Class', 'Name', 'Release', 'aws:autoscaling:groupName'],
      tagsFrom: 'metadata',
      userData: { kind: 'none' },
      launch: {
        pendingTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]+Z$/),
        targetLifecycleState: 'InService',
      },
    });
    const told = events.filter(({ type }) => !type.startsWith('metadata-'));
    expect(told).toEqual([
      {
        type: 'identity-known',
        instanceId: 'i-0123456789abcdef0',
        instanceType: 'm5.2xlarge',
        zone: 'eu-west-1a',
        group: 'web',
        ms: expect.any(Number),
        requests: 8,
      },
      { type: 'class-chosen', class: 'tomcat', source: 'tag' },
    ]);
  });

  it('needs at most ten requests on an ordinary boot, credentials included', async () => {
    const { metadata, service } = await read({ userData: ours('class: php\nrelease: "2"\n') });
    await roleCredentials(metadata, systemClock)();
    expect(service.requests).toHaveLength(10);
    expect(metadata.requests).toBe(10);
    expect(service.requests.filter(({ status }) => status !== 200)).toEqual([]);
  });

  it('takes the class of user data, and says what the tag held', async () => {
    const { identity, events } = await read(
      { userData: ours('class: php\n') },
      { defaultClass: 'erlang', defaultClassFrom: '/etc/x.yaml' },
    );
    expect(identity.class).toMatchObject({ name: 'php', source: 'user data' });
    expect(identity.class.held.map(({ value }) => value)).toEqual(['php', 'tomcat', 'erlang']);
    expect(identity.userData).toMatchObject({ kind: 'ours', document: { class: 'php' } });
    expect(events).toContainEqual({ type: 'class-chosen', class: 'php', source: 'user data' });
  });

  it('tells of foreign user data, which is no error', async () => {
    const { identity, events } = await read({ userData: Buffer.from('#!/bin/sh\n') });
    expect(identity.userData).toEqual({ kind: 'foreign', looksLike: 'shell script', bytes: 10 });
    expect(events).toContainEqual({ type: 'user-data-foreign', looksLike: 'shell script' });
  });

  it('reads other tags where the names are configured, and no value it does not need', async () => {
    const tags = { role: 'erlang', 'app:version': '7', Name: 'x' };
    const { group: _group, ...alone } = instance;
    const { identity, received } = await read(
      { instance: { ...alone, tags } },
      { classTag: 'role', releaseTag: 'app:version' },
    );
    expect(identity.class.name).toBe('erlang');
    expect(identity.tags).toEqual({ role: 'erlang', 'app:version': '7' });
    expect(identity.facts.group_name).toBe('');
    expect(received()).not.toContain('GET meta-data/tags/instance/Name 200');
  });

  it('is frozen all the way down', async () => {
    const { identity } = await read({
      userData: ours('class: php\nrole: {files: {/a: {content: x}}}\n'),
    });
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(identity)).toBe(true);
  });

  it.each([
    [
      'no class',
      { instance: { ...instance, tags: {} } },
      {},
      /No class for this instance.*Tags seen: aws:autoscaling:groupName/,
    ],
    [
      'a class without a role',
      {},
      { knownClasses: ['php'] },
      /The class "tomcat" \(from tag Class\) has no role/,
    ],
    ['broken user data', { userData: ours('clas: x') }, {}, /unknown key "clas"/],
  ])('%s: a configuration error', async (_name, service, options, wanted) => {
    const started = await bench(service);
    const error = await identify(started, options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(wanted);
  });

  it.each([
    ['{"instanceId":', /not usable: not JSON/],
    ['[]', /not usable: no instanceType|no instanceId/],
    ['null', /not usable: not a JSON object/],
    ['{"instanceType":"m5.large","instanceId":""}', /not usable: no instanceId/],
  ])('a document of %j: unavailable', async (text, wanted) => {
    const started = await bench();
    started.service.set(document, text);
    const error = await identify(started).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(String(error)).toMatch(wanted);
  });

  it('an architecture the agent does not run on: a configuration error', async () => {
    const started = await bench({ instance: { ...instance, architecture: 'i386' as 'arm64' } });
    await expect(identify(started)).rejects.toThrow(
      /architecture of this instance is i386; wanted x86_64 or arm64/,
    );
  });

  it('takes an instance without an IPv4 address', async () => {
    const started = await bench();
    started.service.set(
      document,
      JSON.stringify({
        instanceId: 'i-1',
        instanceType: 'm5.large',
        architecture: 'arm64',
        availabilityZone: 'a',
        region: 'r',
        accountId: '1',
        imageId: 'ami-1',
        privateIp: null,
      }),
    );
    expect((await identify(started)).facts).toMatchObject({
      private_ipv4: '',
      architecture: 'arm64',
    });
  });

  it('ends with the reason of the signal', async () => {
    const started = await bench({ faults: [{ on: 'imds:user-data', do: 'hang' }] });
    const given = new AbortController();
    const reading = identify(started, { signal: given.signal });
    given.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });
});
