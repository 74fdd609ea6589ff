/** The drain resource `logs`: what a node leaves behind in S3, since its disk goes with it. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { driftOf } from '../owned.ts';
import { readSecret, secretsDirectory } from '../secret-files.ts';
import type { DrainResource, DrainWorld } from './drain-resource.ts';
import type { LogsStep } from './drain-step.ts';

const packed = promisify(gzip);
/** Lines of the journal, the last ones; a program's output is kept to its last mebibyte as well. */
const mostLines = 20_000;
const records: Readonly<Record<string, string>> = {
  'boot.json': '/var/lib/bootstrap-agent/reports/latest.json',
  'leaving.json': '/run/bootstrap-agent/leaving.json',
};

export const logs: DrainResource<LogsStep> = {
  async check(step, { host }) {
    if ((await host.files.stat(noteOf(step))) !== undefined) return undefined;
    const wanted = `s3://${step.bucket}/${step.prefix}`;
    return driftOf([{ aspect: 'logs', found: 'on this machine alone', wanted }]);
  },

  async apply(step, world, { signal, progress }) {
    const { host, objects } = world;
    await learnSecrets(world);
    const put = async (name: string, text: string) => {
      const bytes = await packed(world.redactor.text(text));
      const address = { bucket: step.bucket, key: `${step.prefix}${name}.gz` };
      await objects.write(address, bytes, { signal });
      progress({ what: 'line', line: `s3://${address.bucket}/${address.key}` });
    };
    await put('journal.txt', await journalOf(step, world, signal));
    for (const [name, path] of Object.entries(records)) {
      const bytes = await host.files.read(path);
      if (bytes !== undefined) await put(name, bytes.toString('utf8'));
    }
    await host.files.write(noteOf(step), '', { mode: 0o600 });
  },
};

async function journalOf(
  { units }: LogsStep,
  { host }: DrainWorld,
  signal: AbortSignal,
): Promise<string> {
  const whose = units.flatMap((unit) => ['-u', unit]);
  const form = ['-b', '-o', 'short-iso-precise', '--no-pager', '-n', `${mostLines}`];
  const { stdout, stderr } = await host.run(['journalctl', ...whose, ...form], { signal });
  return stdout === '' ? stderr : stdout;
}

/** Services may have printed what they were handed; the process that drains has not seen any of it. */
async function learnSecrets({ host, redactor }: DrainWorld): Promise<void> {
  const names = await host.files.list(secretsDirectory);
  // The note beside them (.versions.json) holds no secrets, and words that are in every log.
  for (const name of names.filter((one) => !one.startsWith('.')))
    await readSecret(host.files, redactor, name);
}

/** Below /run: kept for this boot. The prefix names the drain. */
function noteOf({ prefix }: LogsStep): string {
  return `/run/bootstrap-agent/drains/${encodeURIComponent(prefix)}`;
}
