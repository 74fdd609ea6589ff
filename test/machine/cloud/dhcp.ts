/** A DHCP server for the hub, as a subnet of a VPC has one: each network card has its address already (RFC 2131). */
import type { Socket } from 'node:dgram';

const headerLength = 240;
const cookie = 0x63825363;
const discover = 1;
const offer = 2;
const request = 3;
const acknowledge = 5;
/** EC2 user guide, "EC2 instance hostnames and domains". */
const domain = 'eu-west-1.compute.internal';

/** Addresses are in the hardware addresses that `macOf` gives; whoever has another one gets no answer. */
export function dhcpServer(socket: Socket, server: string): void {
  socket.on('message', (query) => {
    if (query.length < headerLength || query.readUInt32BE(236) !== cookie) return;
    const address = addressOf(query.subarray(28, 34));
    const kind = kindOf(query);
    if (address === undefined || (kind !== discover && kind !== request)) return;
    const reply = Buffer.alloc(headerLength);
    query.copy(reply, 0, 0, headerLength);
    reply[0] = 2;
    Buffer.from(address).copy(reply, 16);
    bytesOf(server).copy(reply, 20);
    const options = Buffer.concat([
      option(53, [kind === discover ? offer : acknowledge]),
      option(54, bytesOf(server)),
      option(51, [0, 0, 0x0e, 0x10]),
      option(1, [255, 255, 255, 0]),
      option(3, bytesOf(server)),
      option(6, bytesOf(server)),
      option(12, Buffer.from(`ip-${address.join('-')}`)),
      option(15, Buffer.from(domain)),
      Buffer.from([255]),
    ]);
    // Who has no address yet hears what is said to all.
    socket.send(Buffer.concat([reply, options]), 68, '255.255.255.255');
  });
  socket.bind(67, '0.0.0.0', () => socket.setBroadcast(true));
}

/** A locally administered hardware address with the IPv4 address in it. */
export function macOf(address: string): string {
  const bytes = [0x02, 0x00, ...bytesOf(address)];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

function addressOf(mac: Buffer): number[] | undefined {
  return mac[0] === 0x02 && mac[1] === 0x00 ? [...mac.subarray(2, 6)] : undefined;
}

/** Option 53: the type of the message. */
function kindOf(query: Buffer): number | undefined {
  for (let at = headerLength; at < query.length && query[at] !== 255; ) {
    if (query[at] === 53) return query[at + 2];
    at += query[at] === 0 ? 1 : 2 + (query[at + 1] ?? 0);
  }
  return undefined;
}

function option(code: number, value: readonly number[] | Buffer): Buffer {
  return Buffer.from([code, value.length, ...value]);
}

function bytesOf(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}
