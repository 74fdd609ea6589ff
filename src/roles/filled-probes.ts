/** Probes, filled in: a port that a template gave becomes a number, a command line becomes arguments. */
import { argv } from './command-line.ts';
import type { FilledProbe } from './filled-role.ts';
import type { Filling } from './filling.ts';
import type { RoleDocument } from './schema.ts';

type Probe = NonNullable<RoleDocument['probes']>[string];

/** Reports a port that is none; the schema has made sure that each probe is of exactly one kind. */
export function filledProbes(
  probes: Readonly<Record<string, Probe>>,
  filling: Filling,
): Record<string, FilledProbe> {
  const filled: Record<string, FilledProbe> = {};
  for (const [name, { http, tcp, command, ...timing }] of Object.entries(probes)) {
    const at = `probes.${name}`;
    if (http) {
      const port = portOf(http.port, `${at}.http.port`, filling);
      filled[name] = { ...timing, http: { ...http, port } };
    } else if (tcp) {
      filled[name] = { ...timing, tcp: { port: portOf(tcp.port, `${at}.tcp.port`, filling) } };
    } else if (command) {
      filled[name] = { ...timing, command: argv(command) };
    }
  }
  return filled;
}

/** A port as a number; what is none is reported. */
export function portOf(value: number | string, path: string, filling: Filling): number {
  const port =
    typeof value === 'number' ? value : /^\s*\d{1,5}\s*$/.test(value) ? Number(value) : 0;
  if (!filling.failed.has(path) && (port < 1 || port > 65_535)) {
    filling.report(path, `must be a port number, 1 to 65535, found ${JSON.stringify(value)}`);
  }
  return port;
}
