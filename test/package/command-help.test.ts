import { execFileSync } from 'node:child_process';
import { Command, Option } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CommandHelp, commandHelps, readHelp } from '../../scripts/package/command-help.ts';
import { bashCompletion, zshCompletion } from '../../scripts/package/completion.ts';
import { manPage } from '../../scripts/package/man-page.ts';

const release = { version: '1.2.3', epoch: 1_700_000_000, fast: true };

describe('the help, read back', () => {
  it('gives every part that commander prints, wrapped lines joined', () => {
    const command = new Command('agent')
      .description('Does one thing.')
      .configureHelp({ helpWidth: 60 })
      .argument('[scenario]', 'a scenario by name')
      .addOption(new Option('--log <format>', 'log format').choices(['json', 'pretty']))
      .option('--long', 'a text that is far too long for the width of sixty columns that it has')
      .addHelpText('after', '\nExit codes: 0 done;\n1 not.');
    const printed: string[] = [];
    command.configureOutput({ writeOut: (text) => void printed.push(text) }).outputHelp();

    expect(readHelp('one', printed.join(''))).toEqual({
      name: 'one',
      usage: 'agent [options] [scenario]',
      description: 'Does one thing.',
      arguments: [{ term: 'scenario', text: 'a scenario by name' }],
      options: [
        { term: '--log <format>', text: 'log format (choices: "json", "pretty")' },
        {
          term: '--long',
          text: 'a text that is far too long for the width of sixty columns that it has',
        },
        { term: '-h, --help', text: 'display help for command' },
      ],
      commands: [],
      epilogue: 'Exit codes: 0 done; 1 not.',
    });
  });

  it('is refused where it is no help', () => {
    expect(() => readHelp('boot', 'Segmentation fault')).toThrow(/help of `agent boot`/);
  });
});

describe('made from the help of the agent', () => {
  let helps: CommandHelp[];
  beforeAll(async () => {
    helps = await commandHelps(process.execPath, 'src/main.ts');
  });

  it('the man page names every command, option and exit code, without a warning of man', () => {
    const page = manPage(helps, release);
    const flags = helps.flatMap(({ options }) =>
      options.flatMap(({ term }) => term.match(/--[\w-]+/g)),
    );
    expect(helps.length).toBeGreaterThan(4);
    for (const { name } of helps) expect(page).toContain(name.replaceAll('-', '\\-'));
    for (const flag of flags) expect(page).toContain(flag?.replaceAll('-', '\\-'));
    for (const code of [0, 1, 64, 69, 70, 75, 78]) expect(page).toContain(`.TP\n.B ${code}\n`);
    expect(page).toContain('.TH AGENT 8 2023-11-14 "bootstrap-agent 1.2.3"');
    // No line of text begins with a dot or quote, which roff would take for a request.
    const requests = page.match(/^[.'][A-Z\\]+/gm) ?? [];
    expect([...new Set(requests)].sort()).toEqual(
      ['.B', '.BR', '.SH', '.SS', '.TH', '.TP', '.\\'].sort(),
    );
  });

  it.each([
    { line: ['agent', 'd'], offered: ['dry-run', 'drain'] },
    { line: ['agent', '--v'], offered: ['--version'] },
    { line: ['agent', 'boot', '--'], offered: ['--json', '--log', '--help'] },
    { line: ['agent', 'boot', '--log', ''], offered: ['json', 'pretty'] },
    { line: ['agent', '--json', 'boot', '--log', 'p'], offered: ['pretty'] },
    { line: ['agent', 'help', 'st'], offered: ['status'] },
    { line: ['agent', 'dry-run', '--explain', 'x'], offered: [] },
  ])('bash offers $offered after $line', ({ line, offered }) => {
    expect(completedByBash(bashCompletion(helps), line)).toEqual(offered);
  });

  it('zsh has a specification for each command', () => {
    const text = zshCompletion(helps);
    expect(text.startsWith('#compdef agent\n')).toBe(true);
    for (const { name } of helps.slice(1)) expect(text).toContain(`      ${name}) _arguments`);
    expect(text).toContain(':format:(json pretty)');
  });
});

function completedByBash(completion: string, words: readonly string[]): string[] {
  const script = `${completion}
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
compopt() { :; }
_agent
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const printed = execFileSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' });
  return printed.split('\n').filter((word) => word !== '');
}
