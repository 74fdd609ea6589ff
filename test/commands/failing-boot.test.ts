import { describe, expect, it } from 'vitest';
import { StepError } from '../../src/errors.ts';
import { boots, surroundingsOf, told, warnings, withFiles } from './trial-boot.ts';

describe('the group hears of a boot that fails', () => {
  it('before the class is known, where tags are switched off in metadata', async () => {
    const surroundings = await surroundingsOf(
      'instance: { tags_in_metadata: false, tags: { Class: tomcatt } }\n',
    );
    const result = await boots(surroundings);
    expect(result.exitCode).toBe(78);
    expect(told(surroundings)).toEqual(['ABANDON']);
  });

  it('before the class is known, where EC2 may not be asked for tags either', async () => {
    const surroundings = await surroundingsOf(
      'instance: { tags_in_metadata: false }\naws: { denied: ["ec2:DescribeTags"] }\n',
    );
    const result = await boots(surroundings);
    expect(result.exitCode).toBe(78);
    expect(told(surroundings)).toEqual(['ABANDON']);
  });

  it('before the journal is open, by the hook that the role names', async () => {
    const surroundings = await surroundingsOf(
      'aws: { denied: ["autoscaling:DescribeLifecycleHooks"] }\n',
      {
        'user-data': '#bootstrap-agent\nrole: { lifecycle: { hook: node-is-ready } }\n',
      },
    );
    const openLog = () => Promise.reject(new StepError('the disk is full'));
    const result = await boots(withFiles(surroundings, { openLog }));
    expect(result.verdict.because).toBe('the disk is full');
    expect(told(surroundings)).toEqual(['ABANDON']);
  });

  it('where the disk takes neither the record nor anything else any more', async () => {
    const surroundings = await surroundingsOf('speed: 60\n', {
      'user-data': '#bootstrap-agent\nclass: tomcatt\n',
    });
    const { host } = surroundings;
    const write = (path: string, ...rest: [string]) =>
      path.startsWith('/var/lib/') ? new Promise(() => undefined) : host.files.write(path, ...rest);
    const result = await boots(withFiles(surroundings, { write }));
    expect(result.exitCode).toBe(78);
    expect(told(surroundings)).toEqual(['ABANDON']);
    expect(warnings(result)).toContainEqual(expect.stringContaining('flight record'));
  });

  it('where the disk does not let the journal be opened', async () => {
    const surroundings = await surroundingsOf('speed: 60\n');
    const openLog = () => new Promise(() => undefined);
    const result = await boots(withFiles(surroundings, { openLog }));
    expect([result.exitCode, result.verdict.because]).toEqual([
      1,
      expect.stringContaining('journal'),
    ]);
    expect(told(surroundings)).toEqual(['ABANDON']);
  });

  it('by a bug in what it knows of the machine', async () => {
    const surroundings = await surroundingsOf();
    const host = {
      ...surroundings.host,
      hardware: async () => Promise.reject(new TypeError('x is undefined')),
    };
    const result = await boots({ ...surroundings, host });
    expect(result.exitCode).toBe(70);
    expect(told(surroundings)).toEqual(['ABANDON']);
  });

  it('by a bug in a listener', async () => {
    let planned = false;
    const surroundings = await surroundingsOf();
    const result = await boots(surroundings, {
      listeners: [
        (event) => {
          planned ||= event.type === 'plan-made';
          if (planned) throw new TypeError('x is undefined');
        },
      ],
    });
    expect(result.exitCode).toBe(70);
    expect(result.record.failure[0]?.message).toBe('x is undefined');
    expect(told(surroundings)).toEqual(['ABANDON']);
  });
});
