/** Who a program runs as: the numbers and the environment of a user in passwd(5). */
import { readFileSync } from 'node:fs';
import { StepError } from '../errors.ts';

export interface Login {
  readonly uid: number;
  readonly gid: number;
  readonly env: Readonly<Record<string, string>>;
}

/** The login of `user` in /etc/passwd. Throws StepError where there is none. */
export function loginOf(user: string, passwd = '/etc/passwd'): Login {
  for (const line of readFileSync(passwd, 'utf8').split('\n')) {
    const [name, , uid, gid, , home, shell] = line.split(':');
    if (name !== user) continue;
    return {
      uid: Number(uid),
      gid: Number(gid),
      env: { HOME: home ?? '/', USER: user, LOGNAME: user, SHELL: shell ?? '/bin/sh' },
    };
  }
  throw new StepError(
    `cannot run a program as ${user}: there is no such user in ${passwd}; declare it under users in the role, or install the package that brings it`,
  );
}
