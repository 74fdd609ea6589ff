/** A class that costs next to nothing to boot: one service that answers, written in a few lines of shell and JavaScript. */
import type { Instance } from './instances.ts';

export interface PlainService {
  /** Lines for the [Unit] section. */
  readonly unit?: string;
  /** Lines for the [Service] section. */
  readonly service?: readonly string[];
  /** A program for Node; the default answers 200 on port 4000. */
  readonly program?: string;
  /** Further sections of the role, in YAML; what it extends, for example. */
  readonly role?: string;
  /** Seconds until it has to be healthy. */
  readonly deadline?: number;
}

const answers = "require('http').createServer((q, r) => r.end('ok')).listen(4000)";

/** Bakes the role `plain` into the image of an instance. */
export function bakePlainRole(
  node: Instance,
  { unit, service = [], program = answers, role = '', deadline = 60 }: PlainService = {},
): void {
  node.bake('srv/plain.cjs', program);
  const lines = [
    '[Unit]',
    'Description=A plain service',
    ...(unit === undefined ? [] : [unit]),
    '[Service]',
    'ExecStart=/opt/bootstrap-agent/bin/node /srv/plain.cjs',
    ...service,
  ];
  node.bake(
    'etc/bootstrap-agent/roles/plain.yaml',
    `description: One service that answers.
${role}
services:
  plain:
    unit: |
${lines.map((line) => `      ${line}\n`).join('')}
probes:
  plain:
    http: { port: 4000, path: / }
    deadline: ${deadline}
`,
  );
}
