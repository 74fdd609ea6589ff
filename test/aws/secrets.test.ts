/** The secret store of the AWS port against the simulated Secrets Manager, over real HTTP, faults included. */
import { expect, test } from 'vitest';
import { ConfigError, UnavailableError } from '../../src/errors.ts';
import { connected, rejection, world } from './connected.ts';

const db = { from: 'prod/shop/db' };
const key = { from: 'prod/shop/key' };

test('one secret is read by one single call', async () => {
  const { aws, ledger } = await connected();
  const values = await aws.secrets.read([db]);
  expect(values.get('prod/shop/db')).toMatchObject({
    bytes: Buffer.from('{"password":"correct horse"}'),
    binary: false,
    arn: expect.stringMatching(
      /^arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod\/shop\/db-/,
    ),
    versionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(ledger.calls.map(({ operation }) => operation)).toEqual(['GetSecretValue']);
});

test('each of several is read singly, text and binary alike, and once', async () => {
  const { aws, ledger } = await connected();
  const values = await aws.secrets.read([db, key, db]);
  expect([...values.keys()]).toEqual(['prod/shop/db', 'prod/shop/key']);
  expect(values.get('prod/shop/key')).toMatchObject({
    bytes: Buffer.from([0, 255, 1, 254]),
    binary: true,
  });
  expect(ledger.calls.map(({ operation, subject }) => `${operation} ${subject}`).sort()).toEqual([
    'GetSecretValue prod/shop/db',
    'GetSecretValue prod/shop/key',
  ]);
});

test('a secret is known by ARN, whole or without its last six characters', async () => {
  const { aws } = await connected();
  const arn = (await aws.secrets.read([db])).get('prod/shop/db')?.arn ?? '';
  const values = await aws.secrets.read([{ from: arn }, { from: arn.slice(0, -7) }, key]);
  expect(values.get(arn)?.bytes.toString()).toContain('correct horse');
  expect(values.get(arn.slice(0, -7))?.bytes.toString()).toContain('correct horse');
});

test('another stage is keyed apart from the current version', async () => {
  const { aws, ledger } = await connected();
  const previous = { ...db, versionStage: 'AWSPREVIOUS' };
  const both = await aws.secrets.read([previous, db, key]);
  expect(both.get('prod/shop/db')?.bytes.toString()).toContain('correct horse');
  expect(both.get('prod/shop/db#AWSPREVIOUS')?.bytes.toString()).toBe('old');
  expect(ledger.of('secretsmanager', 'GetSecretValue')).toHaveLength(3);
  const alone = await aws.secrets.read([previous]);
  expect(alone.get('prod/shop/db')?.bytes.toString()).toBe('old');
});

test('a great many come, a few at a time', async () => {
  const names = Array.from({ length: 23 }, (_, n) => `s/${n}`);
  const { aws, ledger } = await connected({
    world: { secrets: Object.fromEntries(names.map((name) => [name, { value: `value ${name}` }])) },
  });
  const values = await aws.secrets.read(names.map((from) => ({ from })));
  expect(names.every((name) => values.get(name)?.bytes.toString() === `value ${name}`)).toBe(true);
  expect(ledger.calls.map(({ subject }) => subject).sort()).toEqual(names.toSorted());
});

test('one that is unavailable for a moment is asked for again, the others are not', async () => {
  const { aws, ledger } = await connected({
    faults: [{ on: 'secretsmanager:GetSecretValue:prod/shop/db', do: { status: 500 }, times: 2 }],
  });
  expect((await aws.secrets.read([db, key])).size).toBe(2);
  const asked = (name: string) => ledger.calls.filter(({ subject }) => subject === name);
  expect(asked('prod/shop/db').map(({ status }) => status)).toEqual([500, 500, 200]);
  expect(asked('prod/shop/key').map(({ status }) => status)).toEqual([200]);
});

test('throttled reads are repeated until they come', async () => {
  const { aws, told } = await connected({
    faults: [
      {
        on: 'secretsmanager:GetSecretValue',
        do: { status: 400, code: 'ThrottlingException' },
        times: 3,
      },
    ],
  });
  expect((await aws.secrets.read([db])).size).toBe(1);
  expect(told.filter(({ type }) => type === 'aws-retrying')).toHaveLength(3);
});

test('a garbled answer is read again', async () => {
  const { aws, ledger } = await connected({
    faults: [{ on: 'secretsmanager', do: { corrupt_at: 0 }, times: 1 }],
  });
  expect((await aws.secrets.read([db])).size).toBe(1);
  expect(ledger.calls).toHaveLength(2);
});

test('a missing secret is named with what to change', async () => {
  const { aws } = await connected();
  const error = await rejection(aws.secrets.read([{ from: 'prod/shpo/db' }]));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('secret prod/shpo/db');
  expect(error.message).toContain('ResourceNotFoundException');
  expect(error.message).toContain('no such secret or no such version in eu-west-1');
});

test('all faults of several secrets are told at once, the denied one with its permission', async () => {
  const { aws } = await connected({
    world: { denied: ['secretsmanager:GetSecretValue:prod/shop/key'] },
  });
  const error = (await rejection(
    aws.secrets.read([db, key, { from: 'absent' }, { from: 'prod/shop/gone' }]),
  )) as ConfigError;
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.faults).toHaveLength(3);
  expect(error.faults[0]).toContain(
    'secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-west-1:*:secret:prod/shop/key-*',
  );
  expect(error.faults[1]).toContain('absent');
  expect(error.faults[2]).toContain('marked for deletion');
  expect(error.message).not.toContain('correct horse');
});

test('a key that may not be used names kms:Decrypt', async () => {
  const fault = {
    status: 400,
    code: 'AccessDeniedException',
    message: 'Access to KMS is not allowed',
  };
  const { aws } = await connected({ faults: [{ on: 'secretsmanager', do: fault }] });
  const error = await rejection(aws.secrets.read([db]));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('kms:Decrypt');
});

test('waiting for secrets ends with the reason of the signal', async () => {
  const { aws, ledger } = await connected({
    faults: [{ on: 'secretsmanager', do: { status: 503 } }],
  });
  const reason = new UnavailableError('deadline');
  const stop = new AbortController();
  const reading = rejection(aws.secrets.read([db, key], stop.signal));
  while (ledger.calls.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort(reason);
  expect(await reading).toBe(reason);
});

test('an unavailable service hides no missing secret: unavailable goes first', async () => {
  const { aws } = await connected({
    world,
    faults: [{ on: 'secretsmanager:GetSecretValue:prod/shop/db', do: { status: 500 } }],
    connect: { random: () => 0 },
  });
  const error = await rejection(
    aws.secrets.read([
      { ...db, versionStage: 'AWSPREVIOUS' },
      { from: 'absent', versionStage: 'AWSPREVIOUS' },
    ]),
  );
  expect(error).toBeInstanceOf(UnavailableError);
});
