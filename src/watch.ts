/** The watch as a program of its own: what systemd runs, without the command line and all that it could do. */
import { watchThisInstance } from './commands/watch-this-instance.ts';
import { messageOf } from './errors.ts';
import { exitCodeOf, StoppedError } from './exit-code.ts';

const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const)
  process.on(name, () => stop.abort(new StoppedError(`Stopped by ${name}.`)));

// Straight to the descriptor: a stream of Node's costs memory that nothing else here needs.
const { writeSync } = process.getBuiltinModule('node:fs');
const err = (text: string) => {
  try {
    writeSync(2, text);
  } catch {
    // The journal may be gone before us at shutdown.
  }
};
watchThisInstance(process.env, { err }, stop.signal)
  .catch((error: unknown) => {
    err(`agent: ${messageOf(error)}\n`);
    return exitCodeOf(error);
  })
  .then((code) => process.exit(code));
