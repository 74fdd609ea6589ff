/** What V8 compiled of the agent's code, kept for its next start: by a bake in the image, otherwise from the first boot on. */
const { enableCompileCache } = process.getBuiltinModule('node:module');
const installed = '/opt/bootstrap-agent/';

/**
 * From now on, code that is loaded is looked up there, and written there when the process ends. Only for the agent that is
 * installed, run by root: whoever can write there decides what is run.
 */
export function keepCompiled(): void {
  if (process.getuid?.() !== 0 || process.argv[1]?.startsWith(installed) !== true) return;
  enableCompileCache('/var/cache/bootstrap-agent/compiled');
}
