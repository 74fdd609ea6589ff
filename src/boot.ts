/** The boot as a program of its own: what systemd runs. Its first request to the metadata service leaves before all else is loaded. */
import { systemClock } from './clock.ts';
import { openAhead } from './commands/springs.ts';
import { keepCompiled } from './compile-cache.ts';

boot();

async function boot(): Promise<void> {
  keepCompiled();
  // Anybody else is refused, and asks nothing.
  const mayBoot = process.getuid?.() === 0;
  const ahead = mayBoot ? askAhead() : undefined;
  await ahead?.lookAhead();
  const { end, output, stopSignal } = await import('./program.ts');
  const { bootThisInstance } = await import('./commands/boot-this-instance.ts');
  beOrdinary();
  await end(bootThisInstance({ ahead }, process.env, output, stopSignal()));
}

/** The unit has this process started before all that starts at the same moment (Nice=). What it runs from here on inherits nothing of that. */
function beOrdinary(): void {
  const { getPriority, setPriority } = process.getBuiltinModule('node:os');
  if (getPriority() < 0) setPriority(0);
}

/** Where the environment is wrong, the boot finds it again and tells the group. */
function askAhead() {
  try {
    return openAhead({ env: process.env, clock: systemClock });
  } catch {
    return undefined;
  }
}
