import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { countIn, openConnections } from '../../src/host/connections.ts';

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n';
const line = (local: string, remote: string, state: string) =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0\n`;
/** 10.0.17.42 and 10.0.1.9 as a little-endian kernel writes them; 8080 is 1F90, 22 is 0016. */
const here = '2A11000A';
const there = '0901000A:C350';

test('counts what is established or waits for our end, of these ports alone', () => {
  const table = [
    head,
    line(`${here}:1F90`, there, '01'),
    line(`${here}:1F90`, there, '08'),
    // Listening, and over but for a late packet.
    line('00000000:1F90', '00000000:0000', '0A'),
    line(`${here}:1F90`, there, '06'),
    line(`${here}:0016`, there, '01'),
    // This machine is the client here.
    line(`${here}:C350`, '0901000A:1F90', '01'),
  ].join('');
  expect(countIn(table, [8080])).toBe(2);
  expect(countIn(table, [8080, 22])).toBe(3);
  expect(countIn(table, [])).toBe(0);
  expect(countIn('', [8080])).toBe(0);
});

test('the machine itself does not count, by IPv4, IPv6 and IPv4 within IPv6', () => {
  const own = [
    line('0100007F:1F90', '0100007F:C350', '01'),
    line('00000000000000000000000001000000:1F90', '00000000000000000000000001000000:C350', '01'),
    line('0000000000000000FFFF00000100007F:1F90', '0000000000000000FFFF00000100007F:C350', '01'),
  ];
  const outside = [
    line('0000000000000000FFFF00002A11000A:1F90', '0000000000000000FFFF00000901000A:C350', '01'),
    line('B80D0120000000000000000001000000:1F90', 'B80D0120000000000000000002000000:C350', '01'),
  ];
  expect(countIn(head + own.join(''), [8080])).toBe(0);
  expect(countIn(head + outside.join(''), [8080])).toBe(2);
});

test('reads the tables of the kernel', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect(port, '127.0.0.1');
  onTestFinished(() => void client.destroy());
  await once(client, 'connect');
  // It is there, and comes from this machine.
  expect(await openConnections([port])).toBe(0);
});
