/** The load balancer's health check of a simulated machine: an HTTP request to the port as the machine maps it. */
import { get } from 'node:http';
import type { Host } from '../host/host.ts';
import type { HealthCheckResult } from './services/world.ts';

/** Default timeout of a target group is 5 s; loopback needs none of it. */
const timeoutMs = 5_000;

/**
 * One check; matcher 200, the default (ALB user guide, target-group-health-checks). Without a path any answer is good: what was
 * connected to has accepted. Never rejects.
 */
export function checkHealth(
  host: Pick<Host, 'reach'>,
  port: number,
  path: string,
): Promise<HealthCheckResult> {
  return new Promise((resolve) => {
    const request = get(
      { ...host.reach(port), path: path || '/', timeout: timeoutMs, agent: false },
      (response) => {
        response.resume();
        const status = response.statusCode ?? 0;
        resolve(
          status === 200 || path === ''
            ? { healthy: true }
            : {
                healthy: false,
                reason: 'Target.ResponseCodeMismatch',
                description: `Health checks failed with these codes: [${status}]`,
              },
        );
      },
    );
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', () =>
      resolve({
        healthy: false,
        reason: 'Target.FailedHealthChecks',
        description: 'Health checks failed',
      }),
    );
  });
}
