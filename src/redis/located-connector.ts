// How the driver finds its server anew whenever it connects: by asking somebody who knows. Must not know who that is.
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, type RedisOptions } from 'ioredis';
import type { Clock } from '../ops/clock.ts';
import type { Address } from './topology.ts';

/** Somebody who knows where the server is now. */
export interface Locator {
  /** Rejects when nobody can say it now; it is asked again soon. */
  locate(): Promise<Address>;
  /** Whether a server that says this of itself (INFO) is the one. */
  isRight(info: Readonly<Record<string, string>>): boolean;
}

interface LocatedConnectorDeps {
  readonly locator: Locator;
  readonly clock: Clock;
  readonly retryDelayMs: () => number;
}

const CLOSED = 'Connection is closed.';

/** The driver makes connectors itself, so it is given a class. */
export const locatedConnector = ({ locator, clock, retryDelayMs }: LocatedConnectorDeps) =>
  class LocatedConnector extends AbstractConnector {
    readonly #tls: RedisOptions['tls'];

    constructor(options: unknown) {
      const { tls, disconnectTimeout } = options as RedisOptions & { readonly disconnectTimeout: number };
      super(disconnectTimeout);
      this.#tls = tls;
    }

    override check(info: Readonly<Record<string, string>>): boolean {
      return locator.isRight(info);
    }

    /** Goes on asking: a rejection would end the connection for good. */
    override async connect(report: (type: string, error: Error) => void): Promise<Socket> {
      this.connecting = true;
      for (;;) {
        const found = await locator.locate().catch((error: Error) => error);
        if (!this.connecting) throw new Error(CLOSED);
        if (!(found instanceof Error)) return this.#open(found);
        report('error', found);
        await new Promise<void>((resolve) => clock.after(retryDelayMs(), resolve));
        if (!this.connecting) throw new Error(CLOSED);
      }
    }

    #open(address: Address): Socket {
      const stream = this.#tls ? connectTls({ ...address, ...this.#tls }) : connect({ ...address });
      stream.once('error', (error) => {
        this.firstError = error;
      });
      this.stream = stream;
      return stream;
    }
  };
