/** The probes of a role: what proves a node healthy. */
import { z } from 'zod';
import { command, optional, path, secondsOf, shaped, text } from './entries.ts';

export const port = z.union([z.number().int().min(1).max(65_535), z.string().min(1)], {
  error: 'must be a port number, 1 to 65535, or a template that gives one',
});

export const probe = z
  .strictObject({
    http: optional(
      z.strictObject({
        port: port.describe('Port.'),
        path: optional(path, 'Path to ask for.', '/'),
        host: optional(text.min(1), 'Host header.', 'localhost'),
        codes: optional(
          shaped('^\\d{3}([-,]\\d{3})*$', 'must look like "200", "200-299" or "200,204"'),
          'Accepted codes, as a target group spells them.',
          '200',
        ),
      }),
      'Healthy when this request is answered with an accepted code.',
    ),
    tcp: optional(
      z.strictObject({ port: port.describe('Port.') }),
      'Healthy when this port accepts connections.',
    ),
    command: optional(
      command,
      'Healthy when this command exits 0. Spelled like `run` of a command.',
    ),
    interval: optional(
      secondsOf,
      'Longest pause between two tries, seconds; the first tries come faster.',
      5,
    ),
    timeout: optional(secondsOf, 'One try, seconds.', 2),
    successes: optional(
      z.number().int().min(1).max(20),
      'Successes in a row that count as healthy; 1 is what a load balancer asks of a new target.',
      1,
    ),
    deadline: optional(
      secondsOf,
      'From the last step until the node counts as failed, seconds.',
      300,
    ),
  })
  .refine((entry) => alternatives.filter((kind) => entry[kind] !== undefined).length === 1, {
    error: 'needs exactly one of http, tcp, command',
  });

const alternatives = ['http', 'tcp', 'command'] as const;
