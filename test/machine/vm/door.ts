/** The way into a virtual machine that needs no network: a shell of its root behind a virtual serial port. */
import net from 'node:net';
import type { Ran } from '../hypervisor.ts';

/** The name of the port; udev makes /dev/virtio-ports/door of it. */
export const portName = 'door';

/** Reads one command a line, in base64, and answers with a line: number, exit code, what it wrote, in base64. */
const program = `#!/bin/bash
exec 3<>/dev/virtio-ports/${portName}
echo "open $(cat /proc/sys/kernel/random/boot_id)" >&3
while read -r id command <&3; do
  timeout 600 env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \\
    sh -c "$(printf %s "$command" | base64 -d)" </dev/null >/run/door.out 2>/run/door.err
  echo "$id $? $(base64 -w0 /run/door.out) | $(base64 -w0 /run/door.err)" >&3
done
`;

/** Opened as soon as udev has seen the port, long before the machine is up. */
const unit = `[Unit]
Description=The door of machine tests
DefaultDependencies=no
After=local-fs.target
Conflicts=shutdown.target
Before=shutdown.target

[Service]
ExecStart=/usr/local/sbin/door
Restart=always

[Install]
WantedBy=dev-virtio\\x2dports-${portName}.device
`;

/** Files for the machine's root file system; the unit is to be enabled. */
export const doorFiles: Readonly<Record<string, { text: string; mode: number }>> = {
  'usr/local/sbin/door': { text: program, mode: 0o755 },
  'etc/systemd/system/door.service': { text: unit, mode: 0o644 },
};

export class Door {
  /** Resolves when somebody inside has opened it. */
  readonly open: Promise<void>;
  readonly #socket: net.Socket;
  readonly #waiting = new Map<string, (ran: Ran) => void>();
  #asked = 0;
  #buffer = '';
  #opened: () => void = () => undefined;

  /** `path`: the Unix socket that is the machine's end of the port. */
  constructor(path: string) {
    this.open = new Promise((resolve) => {
      this.#opened = resolve;
    });
    this.#socket = net.connect(path);
    this.#socket.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.on('close', () => {
      for (const resolve of this.#waiting.values()) resolve(off);
      this.#waiting.clear();
    });
  }

  run(argv: readonly string[]): Promise<Ran> {
    if (this.#socket.destroyed) return Promise.resolve(off);
    const id = String(++this.#asked);
    const command = argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    const answered = new Promise<Ran>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.write(`${id} ${Buffer.from(`exec ${command}`).toString('base64')}\n`);
    return answered;
  }

  #read(text: string): void {
    const lines = (this.#buffer + text).split('\n');
    this.#buffer = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('open ')) this.#opened();
      const [, id = '', code = '', out = '', error = ''] =
        /^(\d+) (\d+) (\S*) \| (\S*)$/.exec(line) ?? [];
      this.#waiting.get(id)?.({ code: Number(code), stdout: text64(out), stderr: text64(error) });
      this.#waiting.delete(id);
    }
  }
}

const off: Ran = { code: 97, stdout: '', stderr: 'the machine is off' };

function text64(encoded: string): string {
  return Buffer.from(encoded, 'base64').toString('utf8');
}
