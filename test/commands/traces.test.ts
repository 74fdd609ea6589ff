import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Surroundings } from '../../src/commands/surroundings.ts';
import type { Event } from '../../src/events.ts';
import { boots, surroundingsOf, told } from './trial-boot.ts';

describe('what a boot leaves for people', () => {
  const read = async ({ host }: Surroundings, path: string) =>
    JSON.parse(String(await host.files.read(path)));

  it('says why, on disk, before the group hears of it', async () => {
    const surroundings = await surroundingsOf(
      'machine: { services: { tomcat10.service: { fails: to start } } }\n',
    );
    const latest = join(
      surroundings.simulation.root,
      'var/lib/bootstrap-agent/reports/latest.json',
    );
    let written: { failure: { message: string }[] } | undefined;
    const listen = (event: Event) => {
      if (event.type === 'aws-called' && event.operation === 'CompleteLifecycleAction')
        written = JSON.parse(readFileSync(latest, 'utf8'));
    };
    const result = await boots(surroundings, { listeners: [listen] });
    expect(told(surroundings)).toEqual(['ABANDON']);
    expect(written?.failure).toEqual(result.record.failure);
    expect(await read(surroundings, '/run/bootstrap-agent/status.json')).toMatchObject({
      state: 'failed',
      exitCode: 1,
    });
  });

  it('says that a unit has failed rather than that nothing listens', async () => {
    const surroundings = await surroundingsOf(
      'machine: { services: { tomcat10.service: { fails: after 300 ms, ready_after_ms: 3600000 } } }\n',
    );
    const result = await boots(surroundings);
    expect([result.exitCode, result.verdict.because]).toEqual([
      1,
      expect.stringContaining('tomcat10.service has failed'),
    ]);
    expect(told(surroundings)).toEqual(['ABANDON']);
  });

  it('holds no credentials of the instance', async () => {
    const surroundings = await surroundingsOf();
    const { simulation } = surroundings;
    const logged: Event[] = [];
    const result = await boots(surroundings, { listeners: [(event) => void logged.push(event)] });
    expect(simulation.metadata.requests.map(({ key }) => key)).toContain('api/token');
    const left = readdirSync(simulation.root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    const all = [...left, JSON.stringify(logged), JSON.stringify(result)].join('\n');
    const { secretAccessKey, sessionToken } = simulation.metadata.credentials;
    expect([secretAccessKey, sessionToken].filter((secret) => all.includes(secret))).toEqual([]);
  });
});
