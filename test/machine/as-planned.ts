/** Whether a machine is what its plan says, asked of the machine's own tools: nothing of the agent's checks is used. */
import { createHash } from 'node:crypto';
import type { Step } from '../../src/resources/step.ts';
import type { Instance } from './instances.ts';

type Of<K extends Step['kind']> = Extract<Step, { kind: K }>;
type Questions = { readonly [K in Step['kind']]: (step: Of<K>, node: Instance) => Promise<Told> };
/** What was asked, what the plan says, what the machine says. */
type Told = readonly (readonly [what: string, wanted: string, found: string])[];

/** One line for everything that is not as planned. Throws where nothing at all was asked. */
export async function deviations(steps: readonly Step[], node: Instance): Promise<string[]> {
  const told: (readonly [string, string, string])[] = [];
  for (const step of steps) {
    // The table pairs each kind with its own step type, a relation that TypeScript cannot follow through an index.
    const ask = questions[step.kind] as (step: Step, node: Instance) => Promise<Told>;
    const answers = await ask(step, node);
    if (answers.length === 0) throw new Error(`${step.id}: there is nothing to ask about it`);
    told.push(...answers);
  }
  return told
    .filter(([, wanted, found]) => wanted !== found)
    .map(([what, wanted, found]) => `${what}: planned ${wanted}, found ${found}`);
}

const questions: Questions = {
  file: async ({ path, content, owner, group, mode }, node) => {
    const secret = content.some((piece) => typeof piece !== 'string');
    const text = content.join('');
    const sum = createHash('sha256').update(text).digest('hex');
    const standing = await standingOf(node, path);
    return [
      [path, `regular file ${owner}:${group} ${octal(mode)}`, standing],
      ...(secret ? [] : [[`${path} content`, sum, await sha256Of(node, path)] as const]),
    ];
  },
  directory: async ({ path, owner, group, mode }, node) => [
    [path, `directory ${owner}:${group} ${octal(mode)}`, await standingOf(node, path)],
  ],
  artifact: async ({ path, as, sha256, owner, group, mode }, node) =>
    as === 'file'
      ? [
          [path, `regular file ${owner}:${group} ${octal(mode)}`, await standingOf(node, path)],
          [`${path} content`, sha256, await sha256Of(node, path)],
        ]
      : [[path, `${path}.releases/${sha256}`, await output(node, 'readlink', '-f', path)]],
  secret: async ({ secrets }, node) =>
    Promise.all(
      secrets.map(async ({ name, owner, group }) => {
        const path = `/run/bootstrap-agent/secrets/${name}`;
        return [path, `regular file ${owner}:${group} 400`, await standingOf(node, path)] as const;
      }),
    ),
  sysctl: async ({ settings }, node) => {
    const persisted = node.read('etc/sysctl.d/60-bootstrap-agent.conf').split('\n');
    const running = Object.entries(settings).map(async ([key, wanted]) => {
      const found = await output(node, 'sysctl', '-n', key);
      return [key, wanted, found.split(/\s+/).join(' ')] as const;
    });
    const atBoot = Object.entries(settings).map(([key, wanted]) => {
      const line = `${key} = ${wanted}`;
      return [`${key} at boot`, line, persisted.includes(line) ? line : 'nothing'] as const;
    });
    return [...(await Promise.all(running)), ...atBoot];
  },
  'kernel-module': async ({ modules }, node) => {
    const persisted = node.read('etc/modules-load.d/bootstrap-agent.conf').split('\n');
    const asked = modules.map(async ({ name }) => {
      const loaded = `grep -qs "^${name} " /proc/modules`;
      const builtIn = `grep -q "/${name}.ko" "/lib/modules/$(uname -r)/modules.builtin"`;
      const { code } = await node.run('sh', '-c', `${loaded} || ${builtIn}`);
      const found = code === 0;
      return [
        [`module ${name}`, 'there', found ? 'there' : 'not there'] as const,
        [`module ${name} at boot`, name, persisted.find((line) => line === name) ?? 'no'] as const,
      ];
    });
    return (await Promise.all(asked)).flat();
  },
  package: async ({ packages }, node) =>
    Promise.all(
      packages
        .filter(({ apt }) => apt !== undefined)
        .map(async ({ apt = '', wanted }) => {
          // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query(1) has fields like this.
          const status = '${db:Status-Status}';
          const found = await output(node, 'dpkg-query', '-W', '-f', status, apt);
          return [`package ${apt}`, wanted === 'absent' ? '' : 'installed', found] as const;
        }),
    ),
  service: async ({ unit, state, enable, dropIn, unitFile }, node) => {
    const { ActiveState = '', UnitFileState = '' } = await node.properties(unit);
    const shown = await output(node, 'systemctl', 'cat', unit);
    const written = [dropIn, unitFile].flatMap((text) =>
      text === undefined ? [] : [text.join('')],
    );
    return [
      [unit, state === 'started' ? 'active' : 'inactive', ActiveState],
      [`${unit} at boot`, String(enable), String(UnitFileState === 'enabled')],
      ...written.map(
        (text) => [`${unit} text`, text, shown.includes(text.trim()) ? text : shown] as const,
      ),
    ];
  },
  hold: async ({ units }, node) =>
    Promise.all(
      units.map(async (unit) => {
        const found = (await node.properties(unit)).ActiveState ?? '';
        return [`${unit} held back`, 'inactive', found] as const;
      }),
    ),
  mask: async ({ units }, node) =>
    Promise.all(
      units.map(async (unit) => {
        const found = await output(node, 'readlink', `/etc/systemd/system/${unit}`);
        return [`${unit} masked`, '/dev/null', found] as const;
      }),
    ),
  user: async ({ name, shell }, node) => {
    const entry = (await output(node, 'getent', 'passwd', name)).split(':');
    return [[`user ${name}`, `${name} ${shell}`, `${entry[0]} ${entry[6]}`]];
  },
  hostname: async ({ hostname }, node) => [['hostname', hostname, await output(node, 'hostname')]],
  command: async ({ name, creates, unless }, node) => {
    const done = unless ?? ['test', '-e', creates ?? ''];
    return [[`command ${name}`, '0', String((await node.run(...done)).code)]];
  },
};

/** `regular file root:tomcat 640`, as stat(1) has it; empty where there is nothing. */
function standingOf(node: Instance, path: string): Promise<string> {
  return output(node, 'stat', '-c', '%F %U:%G %a', path);
}

async function sha256Of(node: Instance, path: string): Promise<string> {
  return (await output(node, 'sha256sum', path)).split(' ')[0] ?? '';
}

async function output(node: Instance, ...argv: readonly string[]): Promise<string> {
  return (await node.run(...argv)).stdout.trim();
}

/** `0640` -> `640`, as stat(1) prints it. */
const octal = (mode: string) => mode.replace(/^0+(?=.)/, '');
