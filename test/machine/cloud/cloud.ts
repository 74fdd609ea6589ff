/** The cloud of one test file: a network namespace of its own with the simulated AWS in it, to which machines are plugged. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Occurrence } from '../../../src/simulator/occurrence.ts';
import type { SimulatedImage } from '../../../src/simulator/services/world.ts';
import { sh, tried } from '../sh.ts';
import type {
  Answer,
  Books,
  LaunchTemplate,
  Opened,
  Page,
  Question,
  Request,
  Response,
  ScaledOut,
} from './books.ts';
import { macOf } from './dhcp.ts';
import { type Deed, doFor, type Host } from './hosting.ts';

interface Reply {
  readonly answer?: Answer;
  readonly error?: string;
}

/** A network card of a virtual machine, with the other end of its cable in the hub. */
export interface Tap {
  readonly address: string;
  readonly tap: string;
  readonly mac: string;
}

export class Cloud {
  readonly name: string;
  /** What runs the machines that the simulated EC2 launches. */
  host: Host | undefined;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #asked = 0;
  #plugged = 0;

  /** Resolves when the cloud answers. `certificates`: folder with server.crt and server.key. */
  static async open(certificates: string): Promise<Cloud> {
    const name = `ba-${process.pid}-hub`;
    tried('ip', 'netns', 'del', name);
    sh('ip', 'netns', 'add', name);
    const inside = (...words: string[]) => sh('ip', '-n', name, ...words);
    inside('link', 'set', 'lo', 'up');
    inside('link', 'add', 'br0', 'type', 'bridge');
    inside('link', 'set', 'br0', 'up');
    inside('addr', 'add', '10.77.0.1/24', 'dev', 'br0');
    inside('addr', 'add', '169.254.169.254/32', 'dev', 'br0');
    // Where the answers of DHCP go.
    inside('route', 'add', '255.255.255.255/32', 'dev', 'br0');
    const cloud = new Cloud(name, certificates);
    await cloud.#listening();
    return cloud;
  }

  private constructor(name: string, certificates: string) {
    this.name = name;
    const script = join(import.meta.dirname, 'serve.ts');
    const argv = ['netns', 'exec', name, process.execPath, script, certificates];
    this.#child = spawn('ip', argv, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (reply: (Reply & { id: number }) | Deed) => {
      if ('deed' in reply) {
        void doFor(this.host, reply, (done) => this.#child.connected && this.#child.send(done));
        return;
      }
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
    this.#child.on('exit', (code) => {
      for (const resolve of this.#waiting.values())
        resolve({ error: `the simulated cloud ended with ${code}` });
    });
  }

  /** Plugs a network namespace in: its address, and with it its identity. The next free one, where none is wanted. */
  plug(namespace: string, wanted?: string): string {
    const { address, port } = this.#socket(wanted);
    // An address that is given again: the kernel takes its time to remove the cable of the machine that had it.
    tried('ip', '-n', this.name, 'link', 'del', port);
    sh('ip', 'netns', 'add', namespace);
    sh(
      ...(['ip', '-n', this.name, 'link', 'add', port, 'type', 'veth', 'peer', 'name'] as const),
      ...['eth0', 'netns', namespace],
    );
    sh('ip', '-n', this.name, 'link', 'set', port, 'master', 'br0', 'up');
    sh('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
    sh('ip', '-n', namespace, 'link', 'set', 'eth0', 'address', macOf(address));
    sh('ip', '-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
    sh('ip', '-n', namespace, 'link', 'set', 'eth0', 'up');
    sh('ip', '-n', namespace, 'route', 'add', 'default', 'via', '10.77.0.1');
    return address;
  }

  /** Plugs a virtual machine in; it gets its address by DHCP. */
  plugTap(): Tap {
    const { address, port } = this.#socket();
    sh('ip', '-n', this.name, 'tuntap', 'add', port, 'mode', 'tap');
    sh('ip', '-n', this.name, 'link', 'set', port, 'master', 'br0', 'up');
    return { address, tap: port, mac: macOf(address) };
  }

  /**
   * Launches an instance of a scenario: a name among the shipped ones, or the path of a folder. It has an AWS account of
   * its own, or shares the one that `account` names.
   */
  async launch(address: string, scenario: string, account?: string): Promise<void> {
    await this.#ask({ ask: 'launch', address, scenario, ...(account && { account }) });
  }

  /** Opens an account as a scenario describes it, with images that instances can be launched from; `host` runs them. */
  async open(
    account: string,
    scenario: string,
    images: Readonly<Record<string, SimulatedImage>>,
  ): Promise<Opened> {
    return (await this.#ask({ ask: 'open', account, scenario, images })) as Opened;
  }

  /** A request to the account's EC2, and what it answers. */
  async ec2(account: string, fields: Readonly<Record<string, string>>): Promise<Page> {
    return (await this.#ask({ ask: 'ec2', account, fields })) as Page;
  }

  /** A group of the account launches one instance more; gives its id. */
  async scaleOut(account: string, group: string, template: LaunchTemplate): Promise<string> {
    const answer = await this.#ask({ ask: 'scale out', account, group, template });
    return (answer as ScaledOut).instanceId;
  }

  async books(address: string, group: string): Promise<Books> {
    return (await this.#ask({ ask: 'books', address, group })) as Books;
  }

  /** Lets something come over an instance: its group takes it out, a notice. */
  async occur(address: string, what: Occurrence['what']): Promise<void> {
    await this.#ask({ ask: 'occur', address, what });
  }

  /** What a machine answers to whoever asks from outside. */
  async page(address: string, port: number, path: string): Promise<Page> {
    return (await this.#ask({ ask: 'page', address, port, path })) as Page;
  }

  async request(address: string, request: Request): Promise<Response> {
    return (await this.#ask({ ask: 'request', address, request })) as Response;
  }

  /** Puts an object into the account of a machine. */
  async put(address: string, bucket: string, key: string, text: string): Promise<void> {
    await this.#ask({ ask: 'put', address, bucket, key, text });
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.exitCode === null) {
      this.#child.disconnect();
      await gone;
    }
    sh('ip', 'netns', 'del', this.name);
  }

  /** The next free place at the bridge. */
  #socket(wanted?: string): { address: string; port: string } {
    const number = wanted === undefined ? 10 + this.#plugged++ : Number(wanted.split('.').at(-1));
    // At most 15 characters (IFNAMSIZ).
    return { address: `10.77.0.${number}`, port: `v${process.pid}-${number}` };
  }

  /** Messages wait in the channel until the process reads them, and it reads none before it listens. */
  async #listening(): Promise<void> {
    await this.launch('10.77.0.1', 'tomcat');
  }

  #ask(question: Question): Promise<Answer> {
    const id = this.#asked++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ answer = null, error }) =>
        error === undefined ? resolve(answer) : reject(new Error(error)),
      );
      this.#child.send({ id, question });
    });
  }
}
