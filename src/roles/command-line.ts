/** A command as the kernel takes it: the program and its arguments. */

/** A text is a shell command line, run by /bin/sh, which stops at the first failure; a list is taken as it is. */
export function argv(command: string | readonly string[]): readonly [string, ...string[]] {
  if (typeof command === 'string') return ['/bin/sh', '-euc', command];
  const [program = '', ...rest] = command;
  return [program, ...rest];
}
