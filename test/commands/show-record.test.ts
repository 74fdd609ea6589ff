import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { fasterClock } from '../../src/clock.ts';
import { showRecord } from '../../src/commands/show-record.ts';
import { showTimeline } from '../../src/commands/show-timeline.ts';
import { ConfigError } from '../../src/errors.ts';
import { startAwsServices } from '../../src/simulator/services/services.ts';
import { world } from '../aws/connected.ts';
import { failedRecord } from '../engine/records.ts';
import { printed } from './printed.ts';

const nothing = (async function* () {})();
const text = JSON.stringify(failedRecord());
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'records-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

test('shows a file as text, as the document, and as a page in a file or on standard output', async () => {
  const source = join(folder, 'a.json');
  writeFileSync(source, text);
  const output = printed();
  expect(await showRecord({ source }, {}, output, nothing)).toBe(0);
  expect(output.stdout).toMatch(/^ABANDON: i-0abc as tomcat\n/);
  const document = printed();
  await showRecord({ source, json: true }, {}, document, nothing);
  expect(JSON.parse(document.stdout)).toMatchObject({ failedStep: 'artifact:shop' });
  const page = printed();
  await showRecord({ source, html: true }, {}, page, nothing);
  expect(page.stdout).toMatch(/^<!doctype html>/);
  const html = join(folder, 'a.html');
  await showRecord({ source, html }, {}, printed(), nothing);
  expect(readFileSync(html, 'utf8')).toBe(page.stdout);
});

test('reads standard input', async () => {
  const input = (async function* () {
    yield Buffer.from(text.slice(0, 100));
    yield Buffer.from(text.slice(100));
  })();
  const output = printed();
  await showRecord({ source: '-' }, {}, output, input);
  expect(output.stdout).toContain('artifact:shop: no such key');
});

test('fetches from S3 by the credentials of the environment', async () => {
  const buckets = { 'acme-boots': { 'a/b.json': { bytes: Buffer.from(text) } } };
  const services = await startAwsServices({
    world: { ...world, buckets },
    clock: fasterClock(100),
  });
  onTestFinished(() => services.close());
  const env = {
    AWS_ENDPOINT_URL: services.url,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIASIMULATED',
    AWS_SECRET_ACCESS_KEY: 'simulated',
  };
  const output = printed();
  await showRecord({ source: 's3://acme-boots/a/b.json' }, env, output, nothing);
  expect(output.stdout).toContain('artifact:shop: no such key');
  const missing = showRecord({ source: 's3://acme-boots/a/c.json' }, env, printed(), nothing);
  await expect(missing).rejects.toThrow(/NoSuchKey/);
});

test('without credentials in the environment it asks no metadata service, and says how to go on', async () => {
  const asked = showRecord({ source: 's3://acme-boots/a.json' }, {}, printed(), nothing);
  await expect(asked).rejects.toThrow(ConfigError);
  await expect(asked).rejects.toThrow('aws s3 cp s3://acme-boots/a.json - | agent report -');
});

test('a file that is not there is told with where records are', async () => {
  const asked = showRecord({ source: join(folder, 'none') }, {}, printed(), nothing);
  await expect(asked).rejects.toThrow('/var/lib/bootstrap-agent/reports/latest.json');
});

test('draws the timeline alone: text of the terminal it has, a document, a page, a trace', async () => {
  const source = join(folder, 'a.json');
  writeFileSync(source, text);
  const drawn = async (options: Partial<Parameters<typeof showTimeline>[0]>, columns?: number) => {
    const output = printed();
    const terminal = { ...output, ...(columns !== undefined && { columns }) };
    expect(await showTimeline({ source, ...options }, {}, terminal, nothing)).toBe(0);
    return output.stdout;
  };
  const wide = await drawn({});
  expect(wide).toContain('* critical path: metadata');
  const widest = (of: string) =>
    Math.max(
      ...of
        .split('\n')
        .filter((line) => line.includes('┊'))
        .map((line) => line.length),
    );
  expect(widest(wide)).toBeGreaterThan(60);
  expect(widest(await drawn({}, 60))).toBeLessThanOrEqual(60);
  expect(JSON.parse(await drawn({ json: true }))).toMatchObject({ result: 'ABANDON' });
  expect(await drawn({ html: true })).toMatch(/^<!doctype html>/);
  expect(JSON.parse(await drawn({ trace: true })).traceEvents.length).toBeGreaterThan(3);
  const trace = join(folder, 'trace.json');
  await drawn({ trace });
  expect(JSON.parse(readFileSync(trace, 'utf8'))).toHaveProperty('traceEvents');
});
