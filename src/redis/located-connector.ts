// A connector for the driver that asks a locator for the server's address at every connect.
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, type RedisOptions } from 'ioredis';
import type { Clock } from '../ops/clock.ts';
import { pause } from '../ops/repeat.ts';
import type { Address } from './topology.ts';

/** Knows where the server is now. */
export interface Locator {
  /** Rejects when the address is not known now; it is asked again soon. */
  locate(): Promise<Address>;
  /** Whether a server with this INFO is the right one. */
  isRight(info: Readonly<Record<string, string>>): boolean;
}

interface LocatedConnectorDeps {
  readonly locator: Locator;
  readonly clock: Clock;
  readonly retryDelayMs: () => number;
}

const CLOSED = 'Connection is closed.';

/** The driver makes its connectors itself, so it gets a class. */
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

    /** Asks until there is an address: a rejection would end the connection permanently. */
    override async connect(report: (type: string, error: Error) => void): Promise<Socket> {
      this.connecting = true;
      for (;;) {
        const found = await locator.locate().catch((error: Error) => error);
        if (!this.connecting) throw new Error(CLOSED);
        if (!(found instanceof Error)) return this.#open(found);
        report('error', found);
        await pause(clock, retryDelayMs());
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
