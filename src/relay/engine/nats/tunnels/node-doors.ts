import { Logger } from '@nestjs/common';
import { errors, type Msg, type Subscription } from '@nats-io/transport-node';
import type { Clock } from '../../../../protocol/index.js';
import { RelayError } from '../../../relay.error.js';
import { decodeNewcomer, encodeNewcomer, type Newcomer } from './newcomer.js';
import type { NatsConnection } from '../connection/nats-connection.js';
import { natsError } from '../connection/as-nats-error.js';
import { NatsError } from '../connection/nats.error.js';
import { PacketBatches, packetsIn } from './packet-batches.js';
import type { Tunnel } from './tunnel.js';
import { Tunnels, type TunnelsObserver, type TunnelsOptions } from './tunnels.js';

/** What becomes of an newcomer: `elsewhere`, this node is not the home; `away`, nobody answered. */
export type Reception = 'accepted' | 'elsewhere' | 'away' | 'unheard';

interface Answer {
  readonly reception: Extract<Reception, 'accepted' | 'elsewhere'>;
}

export interface NodeDoorsParts {
  /** The incarnation of this node. */
  readonly self: string;
  readonly connection: NatsConnection;
  readonly clock: Clock;
  readonly observer: TunnelsObserver;
  readonly options?: TunnelsOptions;
  /** Decides about who comes from another node. @returns who takes the tunnel; undefined: this node is not the home */
  receive(newcomer: Newcomer): Promise<((tunnel: Tunnel) => void) | undefined>;
}

/** The other node must answer within this time, in ms. */
const ANSWER_MS = 5_000;
/** Packets that leave together, at most. */
const BATCH_BYTES = 64 * 1024;
const SUBJECT = 'twinlane.node';

/** How nodes reach each other: straight, by core subjects of NATS, so that a node that is gone is known at once. */
export class NodeDoors {
  readonly tunnels: Tunnels;
  private readonly log = new Logger(NodeDoors.name);
  private readonly subscriptions: readonly Subscription[];
  private readonly unwatch: () => void;

  constructor(private readonly parts: NodeDoorsParts) {
    const { self, connection, clock, observer, options } = parts;
    const batches = new PacketBatches(Math.min(BATCH_BYTES, connection.maxPayload / 2), (node, message) => {
      // What would wait here is kept by its tunnel. The connection may be about to close: sockets do not fail for that.
      if (connection.state === 'connected') this.guard(() => connection.core.publish(packetsOf(node), message));
    });
    const bus = {
      maxPacketBytes: connection.maxPayload,
      publish: (node: string, packet: Uint8Array): void => batches.add(node, packet),
    };
    this.tunnels = new Tunnels(self, bus, clock, observer, options);
    this.subscriptions = [
      connection.core.subscribe(packetsOf(self), {
        callback: (error, { data }) => (error ? this.unheard(error) : this.guard(() => this.take(data))),
      }),
      connection.core.subscribe(doorOf(self), {
        callback: (error, message) => (error ? this.unheard(error) : void this.answer(message)),
      }),
    ];
    this.unwatch = connection.watch((state) => {
      if (state === 'connected') this.tunnels.ask();
    });
  }

  /**
   * Asks another node to take somebody in.
   *
   * @returns the tunnel to it, or why there is none
   */
  async knock(node: string, newcomer: Newcomer): Promise<Tunnel | Exclude<Reception, 'accepted'>> {
    const { connection } = this.parts;
    if (connection.state === 'away') return 'away';
    // First: what the other node sends at once must find it.
    const tunnel = this.tunnels.dial(node);
    let reception: Reception;
    try {
      const reply = await connection.ask(() =>
        connection.core.request(doorOf(node), encodeNewcomer(tunnel.id, newcomer), { timeout: ANSWER_MS }),
      );
      reception = reply.json<Answer>().reception;
    } catch (error) {
      reception = isUnheard(error) ? 'unheard' : 'away';
    }
    if (reception === 'accepted') return tunnel;
    tunnel.break();
    return reception;
  }

  stop(): void {
    this.unwatch();
    this.tunnels.stop();
    for (const subscription of this.subscriptions) subscription.unsubscribe();
  }

  private async answer(message: Msg): Promise<void> {
    const { clock, receive } = this.parts;
    const until = clock.elapsed() + ANSWER_MS;
    try {
      const { id, newcomer } = decodeNewcomer(message.string());
      const taken = await receive(newcomer);
      // The other node waits no more, and has knocked again: a listener that came twice would be refused the second time.
      const take = clock.elapsed() < until ? taken : undefined;
      const answer: Answer = { reception: take ? 'accepted' : 'elsewhere' };
      message.respond(JSON.stringify(answer));
      take?.(this.tunnels.accept(id));
    } catch (error) {
      // That NATS is away, or the home of somebody else, is no failure of the program.
      const isKnown = error instanceof RelayError || error instanceof NatsError;
      if (isKnown) this.log.warn(`Somebody who came through another node was not let in: ${error.message}`);
      else this.log.error(error);
      this.guard(() => message.respond(JSON.stringify({ reception: 'elsewhere' } satisfies Answer)));
    }
  }

  private take(message: Uint8Array): void {
    for (const packet of packetsIn(message)) this.guard(() => this.tunnels.take(packet));
  }

  private guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.log.error(error);
    }
  }

  private unheard(error: unknown): void {
    this.log.error(natsError(error, this.parts.connection.where).message);
  }
}

function packetsOf(node: string): string {
  return `${SUBJECT}.${node}.packets`;
}

function doorOf(node: string): string {
  return `${SUBJECT}.${node}.door`;
}

function isUnheard(error: unknown): boolean {
  return error instanceof errors.NoRespondersError || (error instanceof Error && isUnheard(error.cause));
}
