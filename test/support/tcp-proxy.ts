// A TCP proxy in this process, between a client and a server, that spoils their links: delays, black holes in one
// direction or both, cuts. It does so to all links or to one. It reads nothing but the first bytes of a client.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Direction = 'toServer' | 'toClient';

/** What happens to the bytes of a link. Bytes in a hole are kept and come when it ends, as TCP would resend them. */
export interface Weather {
  /** In each direction. */
  readonly delayMs?: number;
  readonly holes?: readonly Direction[];
}

export const CLEAR: Weather = {};
export const BLACK_HOLE: Weather = { holes: ['toServer', 'toClient'] };

/** One connection of a client. */
export interface ProxyLink {
  /** The first bytes of the client, as text; a client that names itself there can be found by it. */
  readonly firstText: string;
  /** The weather of this link alone; null: that of the proxy. */
  weather: Weather | null;
  /** Resets both sides. */
  cut(): void;
}

export interface TcpProxy {
  readonly port: number;
  /** Where new connections go on to; may be changed at any time. */
  target: number;
  /** The weather of all links without their own, also of later ones. In a hole new links open, and stay silent. */
  weather: Weather;
  /** The links that are open, the oldest first. */
  links(): readonly ProxyLink[];
  /** Cuts all links that are open. */
  cut(): void;
  stop(): Promise<void>;
}

const FIRST_TEXT_CHARS_MAX = 8_192;
/** How much one direction keeps before its sender has to wait, as for a full TCP window. */
const KEPT_BYTES_MAX = 1024 * 1024;

/** Starts a proxy on a free port of this machine, before `target`, another port of this machine. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const links = new Set<Link>();
  let weather = CLEAR;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const link = new Link({ client, port: proxy.target, common: () => weather, closed: () => links.delete(link) });
    links.add(link);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    target,
    get weather() {
      return weather;
    },
    set weather(next) {
      weather = next;
      for (const link of links) link.changed();
    },
    links: () => [...links],
    cut: () => [...links].forEach((link) => void link.cut()),
    stop() {
      proxy.cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return proxy;
}

/** The newest link whose client gave that name. */
export function linkOf(proxy: TcpProxy, name: string): ProxyLink {
  const link = proxy.links().findLast(({ firstText }) => firstText.includes(name));
  if (!link) throw new Error(`nobody called ${name} is connected`);
  return link;
}

interface LinkParts {
  readonly client: Socket;
  readonly port: number;
  readonly common: () => Weather;
  readonly closed: () => void;
}

class Link implements ProxyLink {
  firstText = '';
  readonly #deps: LinkParts;
  readonly #server: Socket;
  readonly #pumps: readonly Pump[];
  #weather: Weather | null = null;

  constructor(deps: LinkParts) {
    const { client, port } = deps;
    this.#deps = deps;
    this.#server = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    client.setNoDelay(true);
    this.#server.setNoDelay(true);
    client.on('data', (bytes: Buffer) => {
      if (this.firstText.length < FIRST_TEXT_CHARS_MAX) this.firstText += bytes.toString('latin1');
    });
    const now = () => this.#weather ?? deps.common();
    const toServer = new Pump({ from: client, to: this.#server, direction: 'toServer', weather: now });
    const toClient = new Pump({ from: this.#server, to: client, direction: 'toClient', weather: now });
    this.#pumps = [toServer, toClient];
    let open = 2;
    for (const socket of [client, this.#server]) {
      socket.once('close', () => {
        open -= 1;
        if (open === 0) deps.closed();
      });
    }
  }

  get weather(): Weather | null {
    return this.#weather;
  }

  set weather(next: Weather | null) {
    this.#weather = next;
    this.changed();
  }

  changed(): void {
    for (const pump of this.#pumps) pump.flow();
  }

  cut(): void {
    for (const pump of this.#pumps) pump.stop();
    this.#deps.client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }
}

interface PumpParts {
  readonly from: Socket;
  readonly to: Socket;
  readonly direction: Direction;
  readonly weather: () => Weather;
}

/** What is on its way: bytes, or the end of the sender. */
interface Parcel {
  readonly dueAt: number;
  readonly what: Buffer | 'end' | 'reset';
}

class Pump {
  readonly #deps: PumpParts;
  #parcels: Parcel[] = [];
  #keptBytes = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(deps: PumpParts) {
    this.#deps = deps;
    const { from } = deps;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.once('end', () => this.#take('end'));
    from.once('error', () => this.#take('reset'));
  }

  #take(what: Parcel['what']): void {
    const { from, weather } = this.#deps;
    this.#parcels.push({ dueAt: performance.now() + (weather().delayMs ?? 0), what });
    if (typeof what !== 'string') this.#keptBytes += what.length;
    if (this.#keptBytes > KEPT_BYTES_MAX) from.pause();
    this.flow();
  }

  /** Passes on what is due, unless there is a hole. */
  flow(): void {
    const { from, to, direction, weather } = this.#deps;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    while (this.#parcels[0] && !weather().holes?.includes(direction)) {
      const { dueAt, what } = this.#parcels[0];
      const waitMs = dueAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.flow(), Math.ceil(waitMs));
        return;
      }
      this.#parcels.shift();
      if (what === 'end') to.end();
      else if (what === 'reset') to.resetAndDestroy();
      else {
        this.#keptBytes -= what.length;
        if (to.writable) to.write(what);
      }
    }
    if (this.#keptBytes <= KEPT_BYTES_MAX) from.resume();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#parcels = [];
  }
}
