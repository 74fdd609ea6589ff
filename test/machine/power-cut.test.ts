import { expect, test } from 'vitest';
import type { StatusRecord } from '../../src/engine/status.ts';
import { fingerprint } from './fingerprint.ts';
import { type Instance, instancesOfThisFile } from './instances.ts';

const launch = instancesOfThisFile();
const group = 'shop-tomcat';

test('the power goes at any moment of the first boot: in the end the same machine', async () => {
  const [straight, cut] = await Promise.all([launch('tomcat'), launch('tomcat')]);
  await straight.powerOn();
  const moments: readonly ((status: StatusRecord) => boolean)[] = [
    ({ state }) => state !== 'starting',
    ({ state }) => state === 'applying',
    ({ steps }) => steps.changed >= 1,
    ({ steps }) => steps.changed + steps.unchanged >= 8,
    ({ steps }) => steps.current.includes('service:tomcat10'),
    ({ state }) => state === 'probing',
  ];
  let inTime = 0;
  for (const moment of moments) {
    await cut.powerOn();
    await cut.until('the moment has come', async () => {
      const status = await statusOf(cut);
      return status !== undefined && (moment(status) || status.state === 'done');
    });
    await cut.cutPower();
    // On a busy machine a late moment may be over before it was seen: the boot was done, and told its group.
    if ((await cut.books(group)).completions.length === 0) inTime += 1;
  }
  expect(inTime).toBeGreaterThanOrEqual(3);
  await cut.powerOn();
  for (const node of [straight, cut]) {
    expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
    expect(await node.drifting()).toEqual([]);
    expect((await node.page(8080, '/shop/health')).status).toBe(200);
    const { state, completions } = await node.books(group);
    expect(state).toBe('InService');
    // Told once; what a later boot of the same instance says is refused, since nothing waits any more.
    expect(completions.filter((status) => status === 200)).toEqual([200]);
  }
  expect(fingerprint(cut.upper)).toEqual(fingerprint(straight.upper));
});

async function statusOf(node: Instance): Promise<StatusRecord | undefined> {
  const { code, stdout } = await node.run('cat', '/run/bootstrap-agent/status.json');
  return code === 0 ? (JSON.parse(stdout) as StatusRecord) : undefined;
}
