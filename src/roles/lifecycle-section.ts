/** The `lifecycle` section of a role: how the end of a boot is told, and what follows it. */
import { z } from 'zod';
import { classicLoadBalancer, optional, secondsOf, targetGroup } from './entries.ts';
import { port } from './probe-section.ts';

const register = z
  .strictObject({
    target_groups: optional(
      z.array(targetGroup).min(1),
      'Names or ARNs of target groups of type instance or ip.',
    ),
    load_balancers: optional(
      z.array(classicLoadBalancer).min(1),
      'Names of classic load balancers.',
    ),
    port: optional(
      port,
      'Port to register with target groups; that of each target group otherwise.',
    ),
    deadline: optional(
      secondsOf,
      'Longest wait until the node is healthy with all of them, seconds; `lifecycle.deadline` ends it too.',
      300,
    ),
  })
  .refine(({ target_groups, load_balancers }) => target_groups ?? load_balancers, {
    error: 'needs at least one of target_groups, load_balancers',
  });

export const lifecycle = z.strictObject({
  hook: optional(
    z.string().min(1),
    'Name of the launch hook; the only launch hook of the group otherwise.',
  ),
  deadline: optional(secondsOf, 'Longest boot before ABANDON, seconds.', 900),
  target_groups: optional(
    z.array(targetGroup).min(1),
    'Target groups whose view of the node is followed after CONTINUE, for ten minutes at most, and explained in the log and in `agent status`: names or ARNs; `group` stands for those of the Auto Scaling group. Nothing waits for it.',
  ),
  register: optional(
    register,
    'Load balancers that a node outside of any Auto Scaling group joins by itself: once its probes have succeeded it registers, and the boot is a success when it is healthy there. The drain takes it out again. A node of a group leaves this to its group.',
  ),
});
