import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { type ClassCandidates, chooseClass } from '../../src/identity/choose-class.ts';

const nothing: ClassCandidates = {
  userData: undefined,
  tag: { name: 'Class', value: undefined },
  baked: { from: '/etc/bootstrap-agent/agent.yaml', value: undefined },
  tagNames: ['Name', 'aws:autoscaling:groupName'],
  tagsFrom: 'metadata',
  knownClasses: ['tomcat', 'erlang', 'php'],
};
const tag = (value: string) => ({ name: 'Class', value });
const baked = (value: string) => ({ from: '/etc/bootstrap-agent/agent.yaml', value });
const failure = (candidates: ClassCandidates): string => {
  try {
    return `chose ${chooseClass(candidates).name}`;
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
};

describe('chooseClass', () => {
  it('takes user data before the tag before the default, and says what the others held', () => {
    const all = { ...nothing, userData: 'tomcat', tag: tag('erlang'), baked: baked('php') };
    expect(chooseClass(all)).toEqual({
      name: 'tomcat',
      source: 'user data',
      held: [
        { source: 'user data', where: 'user data', value: 'tomcat' },
        { source: 'tag', where: 'tag Class', value: 'erlang' },
        { source: 'default', where: '/etc/bootstrap-agent/agent.yaml', value: 'php' },
      ],
    });
    expect(chooseClass({ ...all, userData: undefined })).toMatchObject({
      name: 'erlang',
      source: 'tag',
    });
    const rest = { ...all, userData: undefined, tag: tag('') };
    expect(chooseClass(rest)).toMatchObject({ name: 'php', source: 'default' });
    expect(chooseClass(rest).held[1]).toEqual({
      source: 'tag',
      where: 'tag Class',
      value: undefined,
    });
  });

  it('none: names where it may be set, the tags seen and the classes there are', () => {
    expect(failure(nothing)).toBe(
      'No class for this instance: wanted the key class in user data, the instance tag Class, or a default in /etc/bootstrap-agent/agent.yaml; found none. Tags seen: Name, aws:autoscaling:groupName. Classes there are: erlang, php, tomcat. Set the tag Class in the launch template or the Auto Scaling group.',
    );
    expect(failure({ ...nothing, tagNames: ['class'] })).toMatch(
      /the instance tag Class \(there is a tag class: names of tags are told apart by every letter\)/,
    );
    expect(failure({ ...nothing, tagNames: [], tagsFrom: 'none' })).toMatch(
      /Tags could not be listed: InstanceMetadataTags is off/,
    );
    expect(failure({ ...nothing, tagNames: [], knownClasses: [] })).toMatch(
      /Tags seen: none\. Classes there are: none\./,
    );
    expect(failure({ ...nothing, knownClasses: undefined })).not.toMatch(/Classes there are/);
  });

  it('a class without a role: says where it came from, and what may have been meant', () => {
    expect(failure({ ...nothing, tag: tag('tomcta') })).toBe(
      'The class "tomcta" (from tag Class) has no role. Did you mean tomcat? Tags seen: Name, aws:autoscaling:groupName. Classes there are: erlang, php, tomcat. Correct the tag Class in the launch template or the Auto Scaling group, or add roles/tomcta.yaml.',
    );
    expect(failure({ ...nothing, userData: 'Tomcat' })).toMatch(
      /"Tomcat" \(from user data\) has no role\. Did you mean tomcat\?/,
    );
    expect(failure({ ...nothing, userData: 'zookeeper' })).not.toMatch(/Did you mean/);
    expect(chooseClass({ ...nothing, userData: 'x', knownClasses: undefined }).name).toBe('x');
  });
});
