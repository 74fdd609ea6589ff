/** Simulated modprobe(8): modules become directories below /sys/module, with their options as parameters. */
import { done, failed, type Machine, type Program } from '../machine.ts';

export const modprobe: Program = async (machine, args) => {
  const [name = '', ...options] = args.filter((arg) => !arg.startsWith('-'));
  const { available = [], builtin = [] } = machine.description.kernel_modules ?? {};
  if (builtin.some((each) => same(each, name))) return done;
  const found = available.find((each) => same(typeof each === 'string' ? each : each.name, name));
  if (found === undefined) {
    return failed(
      1,
      `modprobe: FATAL: Module ${name} not found in directory /lib/modules/6.1.0-simulated`,
    );
  }
  const folder = `/sys/module/${name.replaceAll('-', '_')}`;
  // A module that is loaded already keeps its parameters.
  if ((await machine.files.stat(folder)) !== undefined) return done;
  await machine.files.makeDirectory(folder);
  for (const option of [...(await configured(machine, name)), ...options]) {
    const [key, value = ''] = option.split('=', 2);
    await machine.files.write(`${folder}/parameters/${key}`, `${value}\n`);
  }
  if (typeof found === 'object') {
    for (const [key, value] of Object.entries(found.sysctl)) {
      if (value !== null) await machine.files.write(...machine.kernel.add(key, value));
    }
  }
  return done;
};

/** Options in modprobe.d(5). */
async function configured({ files }: Machine, name: string): Promise<string[]> {
  const found: string[] = [];
  for (const file of await files.list('/etc/modprobe.d')) {
    const text = String(await files.read(`/etc/modprobe.d/${file}`));
    for (const line of text.split('\n')) {
      const [word, module = '', ...options] = line.trim().split(/\s+/);
      if (word === 'options' && same(module, name)) found.push(...options);
    }
  }
  return found;
}

function same(one: string, other: string): boolean {
  return one.replaceAll('-', '_') === other.replaceAll('-', '_');
}
