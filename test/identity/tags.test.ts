import { describe, expect, it } from 'vitest';
import { ConfigError, UnavailableError } from '../../src/errors.ts';
import { identify, read } from './identifying.ts';
import { bench, instance } from './instance.ts';

describe('tags', () => {
  const hidden = { instance: { ...instance, tags_in_metadata: false } };

  it('come from EC2 where the list is not there, and only then', async () => {
    const asked: string[][] = [];
    const describeTags = async (...where: string[]) => {
      asked.push(where);
      return { Class: 'erlang', Name: 'x', 'aws:autoscaling:groupName': 'web' };
    };
    const { identity } = await read(hidden, { describeTags });
    expect(identity).toMatchObject({
      tagsFrom: 'ec2-api',
      tags: { Class: 'erlang', Name: 'x' },
      tagNames: ['Class', 'Name', 'aws:autoscaling:groupName'],
      facts: { group_name: 'web' },
      class: { name: 'erlang', source: 'tag' },
    });
    expect(asked).toEqual([['i-0123456789abcdef0', 'eu-west-1']]);

    await read({ instance: { ...instance, tags: {} } }, { describeTags, defaultClass: 'php' });
    expect(asked).toHaveLength(1);
  });

  it('are unknown where nobody can be asked', async () => {
    const { identity } = await read(hidden, { defaultClass: 'php' });
    expect(identity).toMatchObject({ tagsFrom: 'none', tags: {}, tagNames: [] });
    const started = await bench(hidden);
    await expect(identify(started)).rejects.toThrow(/InstanceMetadataTags is off/);
  });

  it('that EC2 does not tell: both ways out in words, or the trouble as it is', async () => {
    const started = await bench(hidden);
    const refusing = (error: Error) =>
      identify(started, { describeTags: () => Promise.reject(error) });
    const denied = await refusing(new ConfigError('not allowed')).catch(
      (thrown: unknown) => thrown,
    );
    expect(denied).toBeInstanceOf(ConfigError);
    expect(String(denied)).toMatch(
      /asking EC2 for them failed\. Set InstanceMetadataTags=enabled.*\n {2}not allowed/,
    );
    await expect(refusing(new UnavailableError('busy'))).rejects.toThrow(UnavailableError);
  });

  it('that is gone between list and read is left out', async () => {
    const { identity } = await read({
      faults: [{ on: 'imds:meta-data/tags/instance/Release', do: { status: 404 } }],
    });
    expect(identity.tags).toEqual({ Class: 'tomcat', 'aws:autoscaling:groupName': 'web' });
  });
});
