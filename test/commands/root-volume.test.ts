import { expect, it } from 'vitest';
import { leavingNode } from './leaving-node.ts';
import { changedSteps, Disk, hookEvent } from './same-disk.ts';
import { boots } from './trial-boot.ts';

it('an instance refresh that replaces the root volume: drained, launched anew, the same instance', async () => {
  const node = await leavingNode();
  const stop = node.watched();
  node.occur('replace-root-volume');
  const leaving = await node.until('drained', (one) => one?.drain?.state === 'drained');
  expect(leaving?.drain?.kinds).toEqual(['root-volume']);
  expect(node.stops()).toEqual(['tomcat10.service']);
  await node.until('waiting', () => node.state === 'Pending:Wait');
  await stop();

  // Nothing of the old volume is left: all that was on it is made again.
  const fresh = await new Disk().powerOn(node.surroundings);
  const result = await boots(fresh);
  expect([result.exitCode, hookEvent(result)]).toEqual([0, ['CONTINUE', 'completed']]);
  expect(result.record.start?.kind).toBe('first boot');
  expect(result.record.identity?.facts.instance_id).toBe(node.instanceId);
  expect(changedSteps(result)).toEqual(expect.arrayContaining(['packages', 'artifact:shop']));
  expect(node.state).toBe('InService');
});
