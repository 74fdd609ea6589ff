/** The text of docs/faults.md: each fault is made and met by the command line, and what it printed is written down. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { type DocumentedFault, type FaultGroup, faultGroups } from './faults.ts';

/** More at once would only wait for the processors. */
const atOnce = 3;

const head = `# Faults, and what the agent says

What goes wrong most, tried one by one; each is played by a test (\`test/docs/faults.test.ts\`), so this is what is printed.
Each shows what is wrong, the command, what it prints and the exit code ([which mean this](operations.md)). Rehearsals show the
reason alone; the log above it, \`agent status\` and the flight record say the same. After a change: \`npm run docs:faults\`.
`;

/**
 * Plays every fault and gives the document. By the bundle in dist/: it is what ships, `npm test` builds it first, and it
 * starts twice as fast as the sources.
 */
export async function playedFaults(): Promise<string> {
  const clone = mkdtempSync(join(tmpdir(), 'faults-'));
  try {
    cpSync('roles', join(clone, 'roles'), { recursive: true });
    const agent = `#!/bin/sh\nexec '${process.execPath}' '${resolve(packageJson.bin.agent)}' "$@"\n`;
    writeFileSync(join(clone, 'agent'), agent, { mode: 0o755 });
    const all = faultGroups.flatMap(({ faults }) => faults);
    for (const { files = {} } of all) {
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(clone, path)), { recursive: true });
        writeFileSync(join(clone, path), content);
      }
    }
    const printed = new Map<DocumentedFault, string>();
    // Those first that wait for something, while others need the processors.
    const waiting = all.toSorted((a, b) => Number(waits(b)) - Number(waits(a)));
    const play = async () => {
      for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift())
        printed.set(fault, await printedBy(fault.command, clone));
    };
    await Promise.all(Array.from({ length: atOnce }, play));
    return [head, ...faultGroups.map((group) => section(group, printed))].join('\n');
  } finally {
    rmSync(clone, { recursive: true, force: true });
  }
}

function waits({ files = {} }: DocumentedFault): boolean {
  return Object.values(files).some((content) => content.includes('speed:'));
}

/** All that the terminal shows, and the exit code of the agent; what differs between two runs is made alike. */
function printedBy(command: string, clone: string): Promise<string> {
  // The exit code of a pipe is that of its last program.
  const [agent = '', ...filters] = command.split(' | ');
  const coded = `{ ${agent}; echo $? > "$0"; }`;
  const code = join(clone, `code-${Math.random()}`);
  const child = spawn('/bin/sh', ['-c', [coded, ...filters].join(' | '), code], {
    cwd: clone,
    env: { PATH: `${clone}${delimiter}${process.env.PATH}` },
  });
  let text = '';
  const keep = (chunk: Buffer) => {
    text += chunk;
  };
  child.stdout.on('data', keep);
  if (filters.length === 0) child.stderr.on('data', keep);
  else child.stderr.resume();
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', () => {
      const shell = spawn('cat', [code]);
      let exit = '';
      shell.stdout.on('data', (chunk: Buffer) => {
        exit += chunk;
      });
      shell.on('close', () => done(`${alike(text, clone).trimEnd()}\n[exit code ${exit.trim()}]`));
    });
  });
}

/** A port has five digits here: another number of them would wrap the lines elsewhere. */
function alike(text: string, clone: string): string {
  return text
    .replaceAll(`${clone}/`, '')
    .replaceAll(clone, '.')
    .replace(/127\.0\.0\.1:\d{5}/g, '127.0.0.1:50000');
}

function section(
  { title, about, faults }: FaultGroup,
  printed: ReadonlyMap<DocumentedFault, string>,
): string {
  const parts = faults.map((fault) => {
    const files = Object.entries(fault.files ?? {}).flatMap(([path, content]) =>
      typeof content === 'string' ? [`# ${path}`, ...content.trimEnd().split('\n')] : [],
    );
    const wrong = files.length === 0 ? '' : `\`\`\`yaml\n${files.join('\n')}\n\`\`\`\n\n`;
    return `### ${fault.what}\n\n${wrong}\`\`\`text\n$ ${fault.command}\n${printed.get(fault)}\n\`\`\`\n`;
  });
  return [`## ${title}\n`, ...(about === '' ? [] : [`${about}\n`]), ...parts].join('\n');
}
