/** What V8 compiled of the agent's code, kept for its next start: by a bake in the image, otherwise from the first boot on. */
const { enableCompileCache } = process.getBuiltinModule('node:module');
const installed = '/opt/bootstrap-agent/';
export const compiledFolder = '/var/cache/bootstrap-agent/compiled';

/**
 * From now on, code that is loaded is looked up there, and written there when the process ends. Only for the agent that is
 * installed, run by root: whoever can write there decides what is run.
 */
export function keepCompiled(): void {
  if (process.getuid?.() !== 0 || process.argv[1]?.startsWith(installed) !== true) return;
  enableCompileCache(compiledFolder);
}

/** From now on, code that is loaded is compiled anew, and written to `folder`, which is emptied before, when the process ends. */
export function compileAnew(folder: string): void {
  process.getBuiltinModule('node:fs').rmSync(folder, { recursive: true, force: true });
  enableCompileCache(folder);
}
