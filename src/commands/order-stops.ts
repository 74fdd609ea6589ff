/** The order of stops: lets systemd end the watch before the services of the class, so that it still finds them at work. */
import type { SmallHost } from '../host/small-host.ts';
import { type DrainOrders, drainOrdersPath } from '../plan/drain-orders.ts';

export const stopOrderPath =
  '/run/systemd/system/bootstrap-agent-watch.service.d/50-services-of-the-class.conf';

/**
 * Which services there are is known after a boot only, hence a drop-in below /run. What is started after something is
 * stopped before it (systemd.unit(5), Before= and After=). Does nothing where the drop-in is as it should be.
 */
export async function orderStops(host: SmallHost): Promise<void> {
  const bytes = await host.files.read(drainOrdersPath);
  if (bytes === undefined) return;
  const { services } = JSON.parse(bytes.toString('utf8')) as DrainOrders;
  const text = `[Unit]\n${services.map(({ unit }) => `After=${unit}\n`).join('')}`;
  const before = await host.files.read(stopOrderPath);
  if (before?.toString('utf8') === text) return;
  await host.files.write(stopOrderPath, text, { mode: 0o644 });
  await host.run(['systemctl', 'daemon-reload'], { timeoutSeconds: 30 });
}
