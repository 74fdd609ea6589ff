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
  // What a simulated machine has no use for: it runs no programs.
  await import('./commands/boot-this-instance.ts');
  const { realSurroundings } = await import('./commands/surroundings.ts');
  await realSurroundings({}).host.run(['true']);
  const { rehearse } = await import('./commands/rehearse.ts');
  const silent = { ...output, out: () => undefined };
  await end(rehearse({ scenario: 'tomcat', json: true }, silent, stopSignal()));
}
