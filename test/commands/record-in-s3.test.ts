import { expect, test } from 'vitest';
import type { FlightRecord } from '../../src/engine/flight-record.ts';
import { exitCode, StoppedError } from '../../src/exit-code.ts';
import { boots, surroundingsOf, told, warnings } from './trial-boot.ts';

const bucket = 'aws:\n  buckets:\n    acme-boots: {}\n';
const role = (recorder: string, more = '') => ({
  'user-data': `#bootstrap-agent\nrole:\n  recorder: ${recorder}\n${more}`,
});
const broken = '  sysctl: { kernel.no_such_parameter: "1" }\n';

type Simulated = Awaited<ReturnType<typeof surroundingsOf>>;
const keysIn = ({ simulation }: Simulated) => simulation.aws.objects.keys('acme-boots');
function recordIn(surroundings: Simulated): FlightRecord {
  const [key = ''] = keysIn(surroundings);
  const bytes = surroundings.simulation.aws.objects.bytes('acme-boots', key);
  return JSON.parse(bytes?.toString('utf8') ?? 'null');
}

test('a boot that fails leaves its record in S3 before its group is told', async () => {
  const surroundings = await surroundingsOf(
    bucket,
    role('{ crash_loop: 0, to: "s3://acme-boots/{{ tags.Stage | default: \'prod\' }}" }', broken),
  );
  const result = await boots(surroundings);
  expect(told(surroundings)).toEqual(['ABANDON']);
  const { instance_id } = surroundings.scenario.instance;
  expect(keysIn(surroundings)).toEqual([
    expect.stringMatching(
      new RegExp(
        `^prod/tomcat/shop-tomcat/\\d{4}-\\d\\d-\\d\\d/\\d{6}-${instance_id}-[0-9a-f-]{36}\\.json$`,
      ),
    ),
  ]);
  const record = recordIn(surroundings);
  expect(record).toMatchObject({
    version: 1,
    exitCode: 1,
    failedStep: 'sysctl',
    platform: { node: process.version },
    verdict: { result: 'ABANDON', because: result.verdict.because },
  });
  const calls = surroundings.simulation.aws.ledger.calls.map(({ operation }) => operation);
  expect(calls.slice(calls.indexOf('PutObject'))).toEqual(['PutObject', 'CompleteLifecycleAction']);
  expect(result.events).toContainEqual(
    expect.objectContaining({
      type: 'record-kept',
      address: `s3://acme-boots/${keysIn(surroundings)[0]}`,
    }),
  );
});

test('of a healthy boot nothing is sent, unless every boot is to be recorded: then after CONTINUE', async () => {
  const quiet = await surroundingsOf(bucket, role('{ crash_loop: 0, to: "s3://acme-boots" }'));
  await boots(quiet);
  expect(keysIn(quiet)).toEqual([]);
  const every = await surroundingsOf(
    bucket,
    role('{ crash_loop: 0, to: "s3://acme-boots", when: always, kms_key: alias/boots }'),
  );
  const result = await boots(every);
  expect([result.exitCode, told(every)]).toEqual([0, ['CONTINUE']]);
  expect(recordIn(every)).toMatchObject({ exitCode: 0, verdict: { result: 'CONTINUE' } });
  const calls = every.simulation.aws.ledger.calls.map(({ operation }) => operation);
  expect(calls.slice(-2)).toEqual(['CompleteLifecycleAction', 'PutObject']);
  const [key = ''] = keysIn(every);
  expect(every.simulation.aws.objects.find('acme-boots', key)).toMatchObject({
    kmsKey: 'alias/boots',
    contentType: 'application/json',
  });
});

test('a boot that has no role is kept where agent.yaml says', async () => {
  const surroundings = await surroundingsOf(bucket, {
    'agent.yaml': 'recorder: { to: "s3://acme-boots/early" }\n',
    'user-data': '#bootstrap-agent\nclass: tomcatt\n',
  });
  const result = await boots(surroundings);
  expect([result.exitCode, told(surroundings)]).toEqual([78, ['ABANDON']]);
  expect(keysIn(surroundings)).toEqual([
    expect.stringMatching(/^early\/-no-class-\/shop-tomcat\//),
  ]);
  expect(recordIn(surroundings).failure.at(0)?.message).toContain('tomcatt');
});

test('what may not be written is a warning that names the permission, and the verdict stays', async () => {
  const surroundings = await surroundingsOf(
    `${bucket}  denied: ["s3:PutObject"]\n`,
    role('{ crash_loop: 0, to: "s3://acme-boots" }', broken),
  );
  const result = await boots(surroundings);
  expect([result.exitCode, told(surroundings)]).toEqual([1, ['ABANDON']]);
  expect(warnings(result)).toContainEqual(
    expect.stringMatching(
      /^the flight record is not in s3:\/\/acme-boots: .*s3:PutObject on arn:aws:s3:::acme-boots\/tomcat\//s,
    ),
  );
  expect(result.record.verdict?.because).toContain('kernel.no_such_parameter');
});

test('an S3 that does not answer holds up ABANDON for five seconds, and no longer', async () => {
  const surroundings = await surroundingsOf(
    `speed: 20\n${bucket}faults: [{ on: "s3:PutObject", do: hang }]\n`,
    role('{ crash_loop: 0, to: "s3://acme-boots" }', broken),
  );
  const result = await boots(surroundings);
  expect(told(surroundings)).toEqual(['ABANDON']);
  expect(warnings(result)).toContainEqual(expect.stringContaining('S3 took no record within 5 s'));
});

test('a boot that was stopped, as by a shutdown, is kept too; its group is told nothing', async () => {
  const surroundings = await surroundingsOf(
    bucket,
    role('{ crash_loop: 0, to: "s3://acme-boots" }'),
  );
  const stop = new AbortController();
  const result = await boots(surroundings, {
    signal: stop.signal,
    listeners: [
      ({ type }) => type === 'step-started' && stop.abort(new StoppedError('Stopped by SIGTERM.')),
    ],
  });
  expect([result.exitCode, told(surroundings)]).toEqual([exitCode.tryAgain, [undefined]]);
  expect(recordIn(surroundings)).toMatchObject({
    exitCode: exitCode.tryAgain,
    failure: [{ name: 'StoppedError', message: 'Stopped by SIGTERM.' }],
  });
});

test('a bug in the agent is kept with its stack, and told', async () => {
  const surroundings = await surroundingsOf(
    bucket,
    role('{ crash_loop: 0, to: "s3://acme-boots" }'),
  );
  const bug = new AbortController();
  const result = await boots(surroundings, {
    signal: bug.signal,
    listeners: [
      ({ type }) => type === 'step-started' && bug.abort(new TypeError('x is undefined')),
    ],
  });
  expect([result.exitCode, told(surroundings)]).toEqual([70, ['ABANDON']]);
  expect(recordIn(surroundings).failure.at(0)).toMatchObject({
    name: 'TypeError',
    stack: expect.stringContaining('record-in-s3.test'),
  });
});

test('a secret is in nothing that is kept', async () => {
  const surroundings = await surroundingsOf(
    `${bucket}  secrets:
    prod/shop/db: { username: shop, password: canary-3f9a-b771 }
machine:
  services:
    tomcat10.service:
      fails: to start
      log: ["cannot log in with canary-3f9a-b771"]
`,
    role('{ crash_loop: 0, to: "s3://acme-boots" }'),
  );
  await boots(surroundings);
  const record = recordIn(surroundings);
  expect(record.journals).toContainEqual({
    unit: 'tomcat10.service',
    lines: expect.arrayContaining([expect.stringContaining('cannot log in with [redacted]')]),
  });
  expect(JSON.stringify(record)).not.toContain('canary');
});

test('the console is told in short before the group is', async () => {
  const surroundings = await surroundingsOf(
    bucket,
    role('{ crash_loop: 0, to: "s3://acme-boots/x" }', broken),
  );
  const { host } = surroundings;
  const printed: string[] = [];
  const run: typeof host.run = (argv, options) => {
    if (argv.join(' ').includes('/dev/console')) {
      expect(told(surroundings)).toEqual([undefined]);
      printed.push(options?.input ?? '');
    }
    return host.run(argv, options);
  };
  await boots({ ...surroundings, host: { ...host, run } });
  expect(printed).toHaveLength(1);
  expect(printed[0]).toMatch(/^bootstrap-agent 0: ABANDON after .*, exit code 1 \(i-0a1b/);
  expect(printed[0]).toContain('kernel.no_such_parameter');
  expect(printed[0]).toContain('not done for it: ');
  expect(printed[0]).toContain('record: s3://acme-boots/x/');
});
