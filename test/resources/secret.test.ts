import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { secret } from '../../src/resources/secret.ts';
import type { SecretSpec, SecretStep } from '../../src/resources/step.ts';
import { hasSecrets, printable, resolvedText, resolveText } from '../../src/resources/text.ts';
import { alone, Trial } from './trial.ts';

let trial: Trial;
beforeEach(async () => {
  trial = await Trial.on();
  trial.stored.set('prod/db', Buffer.from('{"user":"shop","password":"canary-pass","port":5432}'));
  trial.stored.set('prod/key', Buffer.from([0xff, 0xfe, 1, 2, 3, 4, 5, 6]));
  trial.stored.set('prod/plain', Buffer.from('canary-plain'));
});
afterEach(() => trial.close());

const owned = { owner: 'root', group: 'root' };
function stepOf(...secrets: SecretSpec[]): SecretStep {
  return { ...alone, kind: 'secret', id: 'secrets', secrets };
}
const folder = '/run/bootstrap-agent/secrets';

describe('secrets', () => {
  it('come in one call, to their owners alone, known to the redactor', async () => {
    const step = stepOf(
      { name: 'db', from: 'prod/db', owner: 'daemon', group: 'daemon' },
      { name: 'db_password', from: 'prod/db', field: 'password', ...owned },
      { name: 'db_port', from: 'prod/db', field: 'port', ...owned },
      { name: 'key', from: 'prod/key', ...owned },
    );
    const drift = await trial.bring(secret, step);
    expect(drift.differences[1]).toEqual({
      aspect: 'db_password',
      wanted: 'prod/db AWSCURRENT, field password',
    });
    expect(trial.asked).toEqual([
      [{ from: 'prod/db' }, { from: 'prod/key' }],
      ...trial.asked.slice(1),
    ]);
    expect(await trial.read(`${folder}/db_password`)).toBe('canary-pass');
    expect(await trial.read(`${folder}/db_port`)).toBe('5432');
    expect(await trial.machine.files.read(`${folder}/key`)).toEqual(trial.stored.get('prod/key'));
    expect(await trial.machine.files.stat(`${folder}/db`)).toMatchObject({
      owner: 'daemon',
      mode: 0o400,
    });
    expect(await trial.machine.files.stat(folder)).toMatchObject({ owner: 'root', mode: 0o711 });
    expect(trial.redactor.text('the canary-pass')).toBe('the [redacted]');
    const versions = await trial.read(`${folder}/.versions.json`);
    expect(JSON.parse(versions ?? '')).toMatchObject({
      db_password: { from: 'prod/db', field: 'password', versionId: 'v-prod/db' },
    });
    expect(versions).not.toContain('canary');
  });

  it('are not asked for again in the same boot, unless the reference is another', async () => {
    const plain = { name: 'plain', from: 'prod/plain', ...owned };
    await trial.bring(secret, stepOf(plain));
    expect(trial.asked).toHaveLength(1);
    trial.stored.set('prod/plain AWSPENDING', Buffer.from('canary-next'));
    const drift = await trial.bring(secret, stepOf({ ...plain, versionStage: 'AWSPENDING' }));
    expect(drift.differences).toEqual([
      { aspect: 'plain', found: 'prod/plain AWSCURRENT', wanted: 'prod/plain AWSPENDING' },
    ]);
    expect(await trial.read(`${folder}/plain`)).toBe('canary-next');
  });

  it('of one name in two stages are two calls, since one answer could not tell them apart', async () => {
    trial.stored.set('prod/plain AWSPREVIOUS', Buffer.from('canary-old'));
    const step = stepOf(
      { name: 'now', from: 'prod/plain', ...owned },
      { name: 'before', from: 'prod/plain', versionStage: 'AWSPREVIOUS', ...owned },
    );
    await trial.bring(secret, step);
    expect(await trial.read(`${folder}/now`)).toBe('canary-plain');
    expect(await trial.read(`${folder}/before`)).toBe('canary-old');
  });

  it('change hands without being fetched again', async () => {
    const plain = { name: 'plain', from: 'prod/plain', ...owned };
    await trial.bring(secret, stepOf(plain));
    const drift = await trial.bring(secret, stepOf({ ...plain, owner: 'daemon' }));
    expect(drift.differences).toEqual([{ aspect: 'plain owner', found: 'root', wanted: 'daemon' }]);
    expect(trial.asked).toHaveLength(1);
  });

  it('that are there teach the redactor of a new process', async () => {
    const step = stepOf({ name: 'plain', from: 'prod/plain', ...owned });
    await trial.bring(secret, step);
    const { Redactor } = await import('../../src/redaction.ts');
    const redactor = new Redactor();
    await secret.check(step, { ...trial.world, redactor }, { stale: false });
    expect(redactor.text('canary-plain')).toBe('[redacted]');
  });

  it('are fetched anew where the note of them is torn or the folder is open', async () => {
    const step = stepOf({ name: 'plain', from: 'prod/plain', ...owned });
    await trial.bring(secret, step);
    await trial.machine.files.makeDirectory(folder, { mode: 0o755 });
    expect((await trial.bring(secret, step)).differences[0]?.aspect).toBe('mode of the folder');
    for (const torn of ['{"plain":', 'null']) {
      await trial.machine.files.write(`${folder}/.versions.json`, torn);
      await trial.bring(secret, step);
    }
  });

  it.each([
    [
      { name: 'db', from: 'prod/db', field: 'pasword', ...owned },
      /^secret db \(prod\/db\) has no field pasword: add it/,
    ],
    [{ name: 'db', from: 'prod/db', field: 'constructor', ...owned }, /has no field constructor/],
    [
      { name: 'p', from: 'prod/plain', field: 'x', ...owned },
      /^the field x is wanted of secret p \(prod\/plain\), but its value is not a JSON object/,
    ],
    [
      { name: 'k', from: 'prod/key', field: 'x', ...owned },
      /of secret k \(prod\/key\), but its value is not a JSON object/,
    ],
  ])(
    'with a wrong field are a configuration error that shows no value: %o',
    async (spec, words) => {
      const other = { name: 'other', from: 'prod/plain', ...owned };
      const error = await trial.failure(secret, stepOf(spec, other));
      expect(error).toBeInstanceOf(ConfigError);
      expect(error.message).toMatch(words);
      expect(error.message).not.toMatch(/canary/);
      expect(error.cause).toBeUndefined();
      // Even so every value is known by then.
      expect(trial.redactor.text('canary-plain')).toBe('[redacted]');
    },
  );

  it('that the store does not answer for are named', async () => {
    const error = await trial.failure(secret, stepOf({ name: 'n', from: 'none', ...owned }));
    expect(error.message).toBe('Secrets Manager gave no answer for secret n (none)');
  });
});

describe('a text with secrets', () => {
  const put = (name: string, value: string | Buffer) =>
    trial.machine.files.write(`${folder}/${name}`, value);
  const resolve = (...text: Parameters<typeof printable>[0]) =>
    resolveText(text, trial.machine, trial.redactor);

  it('is resolved with field and encoding', async () => {
    await put('db', '{"password":"a b\\"c","port":5432}');
    await put('key', Buffer.from([0xff, 0]));
    expect(await resolve('x', { secret: 'db', field: 'password' })).toBe('xa b"c');
    expect(await resolve({ secret: 'db', field: 'password', encoding: 'url' })).toBe('a%20b%22c');
    expect(await resolve({ secret: 'db', field: 'password', encoding: 'json' })).toBe('"a b\\"c"');
    expect(await resolve({ secret: 'db', field: 'port' })).toBe('5432');
    expect(await resolve({ secret: 'key', encoding: 'base64' })).toBe('/wA=');
    await expect(resolve({ secret: 'key' })).rejects.toThrow(
      'secret key is binary and cannot stand in a text as it is: use {{ secrets.key | base64_encode }}',
    );
    await expect(resolve({ secret: 'db', field: 'none' })).rejects.toThrow(
      'secret db has no field none',
    );
  });

  it('is printed by reference, and not resolved before the secret is there', async () => {
    expect(printable(['a ', { secret: 'db' }, { secret: 'db', field: 'x' }])).toBe(
      'a «secret db»«secret db.x»',
    );
    expect(hasSecrets(['a'])).toBe(false);
    expect(await resolve({ secret: 'none' })).toBeUndefined();
    await expect(resolvedText([{ secret: 'none' }], trial.machine, trial.redactor)).rejects.toThrow(
      '/run/bootstrap-agent/secrets/none',
    );
  });
});
