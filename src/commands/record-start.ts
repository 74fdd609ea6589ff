/** Compiles ahead what a boot runs, and records what its start reads from the disk, by starting one where it reaches nothing and nobody. */
import { compiledFolder } from '../compile-cache.ts';
import { messageOf, StepError } from '../errors.ts';
import type { Tell } from '../events.ts';
import { withColdCopy } from '../host/cold-copy.ts';
import type { Files, Host } from '../host/host.ts';
import { lookAtStart } from '../host/look-at-start.ts';
import {
  filesRead,
  readAheadList,
  readAheadPath,
  sizeOfList,
  startOf,
} from '../image/read-ahead.ts';
import { filesBelow } from '../image/seal/matching.ts';

const home = '/opt/bootstrap-agent';
const node = `${home}/bin/node`;
const program = `${home}/dist/boot.cjs`;

/**
 * In a network namespace of its own, which has no network at all, the metadata service is never reached: the boot comes to rest
 * with all loaded that it is made of. What it would note of itself goes with the mount namespace; the compiled code stays.
 */
const apart = [
  ...['unshare', '--mount', '--net', '--', '/bin/sh', '-euc'],
  `for folder in /run/bootstrap-agent /var/lib/bootstrap-agent; do
	mkdir -p "$folder"
	mount -t tmpfs tmpfs "$folder"
done
exec "$@"`,
  'sh',
] as const;

/** Nothing of the image's own settings: a proxy or an endpoint is not for a start that is to reach nobody. */
const env = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
  NODE_DEBUG_NATIVE: 'COMPILE_CACHE',
};

/** Gives the recorder of this machine. Whatever goes wrong is told, and costs no more than time at each boot. */
export function startRecorder(host: Host): (tell: Tell, signal: AbortSignal) => Promise<void> {
  const { files } = host;
  return async (tell, signal) => {
    // An older list names files that are no more.
    await files.remove(readAheadPath);
    // Run from elsewhere, it is not what systemd starts.
    if (process.execPath !== node) return;
    const tried = async (work: () => Promise<void>, otherwise: string) => {
      try {
        await work();
      } catch (error) {
        signal.throwIfAborted();
        tell({ type: 'warning', message: `${otherwise}: ${messageOf(error)}` });
      }
    };
    await tried(
      () => compileAhead(host, signal),
      'boots from this image compile code of the agent that could be in it',
    );
    await tried(async () => {
      const list = await listOfStart(files, signal);
      if (list === undefined) return;
      await files.write(readAheadPath, list);
      tell({ type: 'start-recorded', ...sizeOfList(list) });
    }, 'boots from this image start as slowly as their disk is at first');
  };
}

/** By a boot in a simulation, which goes to its end, where V8 keeps the code of what was run. A process of its own has no other code loaded. */
async function compileAhead(host: Host, signal: AbortSignal): Promise<void> {
  const argv = [node, `${home}/dist/compile.cjs`, compiledFolder] as const;
  const { exitCode, stderr } = await host.run([...argv], { timeoutSeconds: 60, signal });
  if (exitCode !== 0) throw new StepError(`${argv.join(' ')}: exit code ${exitCode}\n${stderr}`);
}

async function listOfStart(files: Files, signal: AbortSignal): Promise<string | undefined> {
  const start = (path: string) => lookAtStart([...apart, path, program], env, signal);
  // The first one leaves its compiled code behind, and the second finds it, as a boot does.
  await start(node);
  const { touched, said } = await withColdCopy(node, signal, async (copy) =>
    startOf(node, copy, await start(copy)),
  );
  const paths = [program, ...filesRead(said), ...(await filesBelow(files, '/etc/bootstrap-agent'))];
  const whole: { path: string; size: number }[] = [];
  for (const path of new Set(paths)) {
    const stat = await files.stat(path);
    if (stat?.type === 'file') whole.push({ path, size: stat.size });
  }
  return readAheadList(touched, node, whole, process.arch);
}
