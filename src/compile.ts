/**
 * Compiles ahead what a boot runs: `node dist/compile.cjs <folder>`. A bake runs it in the image being made, as `agent bake` does not go
 * where a boot goes. V8 keeps what was run, so a boot is run, in a simulation.
 */
import { compileAnew } from './compile-cache.ts';

compileAhead(process.argv[2]);

async function compileAhead(folder: string | undefined): Promise<void> {
  if (folder === undefined) throw new Error('wanted the folder for the compiled code');
  compileAnew(folder);
  const { end, output, stopSignal } = await import('./program.ts');
  // What the simulated machine has in place of the real one is loaded with it.
  await import('./commands/boot-this-instance.ts');
  const { rehearse } = await import('./commands/rehearse.ts');
  const silent = { ...output, out: () => undefined };
  await end(rehearse({ scenario: 'tomcat', json: true }, silent, stopSignal()));
}
