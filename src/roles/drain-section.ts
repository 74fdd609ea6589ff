/** The `drain` section of a role: how a node of this class leaves. */
import { z } from 'zod';
import { command, named, optional, path, s3Prefix, secondsOf, targetGroup } from './entries.ts';
import { port } from './probe-section.ts';

const drainCommand = z.strictObject({
  run: command.describe(
    'A shell command line (run by `/bin/sh -euc`), or a list: the program and its arguments. It may run twice: a drain that was cut off is begun again.',
  ),
  user: optional(z.string().min(1), 'User to run as.', 'root'),
  timeout: optional(secondsOf, 'Longest run, seconds.', 30),
});

const choice = z.enum(['drain', 'note'], { error: 'must be drain or note' });

const on = z.strictObject({
  rebalance: optional(
    choice,
    'A rebalance recommendation for a spot instance. A group with capacity rebalancing launches a replacement by itself and then terminates this node, which always drains it.',
    'note',
  ),
  maintenance: optional(
    choice,
    'An event that EC2 has scheduled and that ends or restarts the instance. The drain begins in time to be over by then.',
    'note',
  ),
  standby: optional(choice, 'The group puts the instance on standby.', 'note'),
  detached: optional(
    choice,
    'The instance is detached from its group, and goes on by itself.',
    'note',
  ),
});

export const drain = z.strictObject({
  deadline: optional(
    secondsOf,
    'Longest drain, seconds, where the notice sets no time of its own, as scale-in.',
    600,
  ),
  shutdown: optional(
    z.number().positive().max(100),
    'Longest drain when the machine is switched off without a notice before, seconds.',
    45,
  ),
  on: optional(
    on,
    'Notices that a class may ignore. Termination and spot interruption always drain.',
  ),
  target_groups: optional(
    z.array(targetGroup),
    'Names or ARNs of the target groups to leave; those of the Auto Scaling group otherwise.',
  ),
  deregistration: optional(
    secondsOf,
    'Longest wait until the target groups are done with the node (their deregistration delay), seconds.',
    300,
  ),
  unready: optional(
    path,
    'File to create when the node leaves: what answers health checks fails while it is there. Below /run, so that it is gone at the next boot.',
  ),
  stop_work: named(drainCommand, 'Commands that end the taking of new work (a queue), by name.'),
  connections: optional(secondsOf, 'Longest wait for open connections to end, seconds.', 60),
  ports: optional(
    z.array(port),
    'Ports whose connections are waited for; those of the probes otherwise.',
  ),
  commands: named(drainCommand, 'Commands to run once the services are stopped, by name.'),
  logs: optional(
    s3Prefix,
    'Where to put the journal of the services, the last report and the record of the drain: an address like s3://bucket/prefix/, below which each instance gets a folder.',
  ),
  hook: optional(
    z.string().min(1),
    'Name of the terminating hook; the only terminating hook of the group otherwise.',
  ),
});
