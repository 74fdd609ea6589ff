/** The resource `kernel-module`: modules loaded with their options, and persisted for the next boot. */
import { messageOf, StepError } from '../../errors.ts';
import type { Files } from '../../host/host.ts';
import { driftOf } from '../owned.ts';
import { failureOf } from '../programs.ts';
import type { Difference, Resource } from '../resource.ts';
import type { KernelModuleStep } from '../step.ts';
import { notRun, whyNotLoaded } from './refused.ts';
import { kernelName, moduleState, parameter, parameterPath, sameParameter } from './state.ts';

type Module = KernelModuleStep['modules'][number];

const loadPath = '/etc/modules-load.d/bootstrap-agent.conf';
/** The last of its folder: options add up in the order of the files' names, and systemd's own has `options dummy numdummies=0`. */
const optionsPath = '/etc/modprobe.d/zz-bootstrap-agent.conf';
const header =
  '# Written by bootstrap-agent from the role of this node: change the role instead.\n';

export const kernelModule: Resource<KernelModuleStep> = {
  async check({ modules }, { host: { files } }) {
    const differences: Difference[] = [];
    for (const module of modules) {
      const state = await moduleState(files, module.name);
      if (state === undefined) differences.push({ aspect: module.name, wanted: 'loaded' });
      else differences.push(...(await parameterDifferences(files, module)));
    }
    for (const [path, wanted] of persistedModules(modules)) {
      const found = (await files.read(path))?.toString();
      if (found === wanted) continue;
      differences.push({ aspect: path, ...(found === undefined ? {} : { found }), wanted });
    }
    return driftOf(differences);
  },

  async apply({ modules }, { host, redactor }, { signal }) {
    // Before loading: modprobe reads the options from there.
    for (const [path, content] of persistedModules(modules)) await host.files.write(path, content);
    for (const module of modules) {
      const { name, options } = module;
      if ((await moduleState(host.files, name)) === undefined) {
        const words = Object.entries(options).map(([key, value]) => `${key}=${value}`);
        const finished = await host
          .run(['modprobe', name, ...words], { signal })
          .catch((error: unknown) => {
            throw signal.aborted ? error : notRun(error, name);
          });
        if (finished.exitCode !== 0) {
          throw new StepError(
            `${failureOf(redactor, `load kernel module ${name}`, finished)}\n${await whyNotLoaded(host.files, finished)}`,
          );
        }
      }
      for (const [option, wanted] of Object.entries(options))
        await setParameter(host.files, name, option, wanted);
    }
  },
};

/** A module that is there already keeps its options, except those that may be written while it runs (mode 0644 in sysfs). */
async function setParameter(
  files: Files,
  name: string,
  option: string,
  wanted: string,
): Promise<void> {
  const differs = async () => {
    const found = await parameter(files, name, option);
    return found === undefined || sameParameter(found, wanted) ? undefined : found;
  };
  if ((await differs()) === undefined) return;
  const path = parameterPath(name, option);
  const writable = (((await files.stat(path))?.mode ?? 0) & 0o200) !== 0;
  let refused = '';
  if (writable) {
    try {
      await files.poke(path, `${wanted}\n`);
    } catch (error) {
      refused = `; ${messageOf(error)}`;
    }
  }
  const found = await differs();
  if (found === undefined) return;
  const wish = `wanted kernel module ${name} with ${option}=${wanted}, found ${found}${refused}`;
  if (writable)
    throw new StepError(`${wish}: the kernel does not take this value; correct it in the role`);
  if ((await moduleState(files, name)) === 'built in')
    throw new StepError(
      `${wish}: it is built into this kernel, where modprobe.d does not reach it. Put ${kernelName(name)}.${option}=${wanted} on the kernel command line of the image, or take the option out of the role`,
    );
  throw new StepError(
    `${wish}: it is loaded already and keeps its options until it is loaded anew. They are in ${optionsPath} for the next boot; bake them into the image, or take the option out of the role`,
  );
}

async function parameterDifferences(files: Files, module: Module): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const [option, wanted] of Object.entries(module.options)) {
    const found = await parameter(files, module.name, option);
    if (found === undefined || sameParameter(found, wanted)) continue;
    differences.push({ aspect: `${module.name}.${option}`, found, wanted });
  }
  return differences;
}

/** Files for modules-load.d(5) and modprobe.d(5). */
export function persistedModules(modules: readonly Module[]): [path: string, content: string][] {
  const sorted = [...modules].sort((one, other) => (one.name < other.name ? -1 : 1));
  const names = sorted.map(({ name }) => `${name}\n`);
  const options = sorted
    .filter((module) => Object.keys(module.options).length > 0)
    .map(({ name, options: each }) => {
      const words = Object.entries(each).map(([key, value]) => `${key}=${value}`);
      return `options ${name} ${words.join(' ')}\n`;
    });
  // Options first: a power cut between the two must not leave a module that the next boot loads without them.
  return [
    [optionsPath, header + options.join('')],
    [loadPath, header + names.join('')],
  ];
}
