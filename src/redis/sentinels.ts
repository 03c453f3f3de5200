// Asks the Sentinels which server is master, and notices when they name another.
import type { Redis } from 'ioredis';
import type { Clock } from '../ops/clock.ts';
import type { Locator } from './located-connector.ts';
import { type Address, addressText, parseAddress } from './topology.ts';

const ANSWER_MS = 1_000;
const SWITCHED = '+switch-master';

interface SentinelsDeps {
  /** One open connection each. */
  readonly sentinels: readonly Redis[];
  readonly name: string;
  readonly clock: Clock;
  /** Called when a Sentinel announces a new master. Each Sentinel does so, one after the other. */
  readonly onSwitch: (master: Address) => void;
}

/** Asks all Sentinels and takes the majority's answer: one that was cut off may still name the old master. */
export class Sentinels implements Locator {
  readonly #deps: SentinelsDeps;

  constructor(deps: SentinelsDeps) {
    this.#deps = deps;
    for (const sentinel of deps.sentinels) {
      sentinel.on('message', (channel: string, text: string) => {
        const [name, , , host = '', port] = text.split(' ');
        if (channel === SWITCHED && name === deps.name) deps.onSwitch({ host, port: Number(port) });
      });
      sentinel.on('ready', () => sentinel.subscribe(SWITCHED).catch(() => undefined));
    }
  }

  async locate(): Promise<Address> {
    const { sentinels, name } = this.#deps;
    const answers = await Promise.all(sentinels.map((sentinel) => this.#ask(sentinel)));
    const votes = new Map<string, number>();
    for (const answer of answers) if (answer) votes.set(answer, (votes.get(answer) ?? 0) + 1);
    const [most] = [...votes].sort(([, one], [, other]) => other - one);
    const address = most && parseAddress(most[0]);
    if (!address) throw new Error(`no Sentinel knows a master called ${name}`);
    return address;
  }

  /** An old master learns late that another has taken over. */
  isRight({ role }: Readonly<Record<string, string>>): boolean {
    return role === undefined || role === 'master';
  }

  #ask(sentinel: Redis): Promise<string | null> {
    const { name, clock } = this.#deps;
    return new Promise((resolve) => {
      const cancel = clock.after(ANSWER_MS, () => resolve(null));
      (sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name) as Promise<[string, string] | null>)
        .then(
          (answer) => resolve(answer && addressText({ host: answer[0], port: Number(answer[1]) })),
          () => resolve(null),
        )
        .finally(cancel);
    });
  }
}
