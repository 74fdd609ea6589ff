/** Probes of a plan: what proves the node healthy, with the defaults that a target group would apply. */
import type { FilledRole } from '../roles/filled-role.ts';
import type { Probe } from './plan.ts';

export function probesOf({ document }: FilledRole): Probe[] {
  return Object.entries(document.probes).map(([name, probe]): Probe => {
    const base = {
      id: `probe:${name}`,
      intervalSeconds: probe.interval ?? 5,
      timeoutSeconds: probe.timeout ?? 2,
      // A new target is healthy after one success ("Health checks for target groups", Application Load Balancers).
      successes: probe.successes ?? 1,
      deadlineSeconds: probe.deadline ?? 300,
    };
    if ('tcp' in probe) return { ...base, kind: 'tcp', port: probe.tcp.port };
    if ('command' in probe) return { ...base, kind: 'command', argv: probe.command };
    const { port, path = '/', host = 'localhost', codes = '200' } = probe.http;
    return { ...base, kind: 'http', port, path, host, codes };
  });
}
