import { WebSocket } from 'ws';
import type { Attachment } from '../../src/client/attachment.js';
import type { ClientLimits } from '../../src/client/client-options.js';
import { TwinlaneClient } from '../../src/client/twinlane-client.js';
import { FAKE_RUNTIME, FAKE_TOKEN, FakeClientRelay, loopStatus, messageIdsOf, output } from './fake-client-relay.js';

/** A fake relay, and whoever is attached to it. */
export class AttachedToFake {
  private readonly attachments: Attachment[] = [];

  private constructor(readonly relay: FakeClientRelay) {}

  static async start(): Promise<AttachedToFake> {
    return new AttachedToFake(await FakeClientRelay.start());
  }

  client(limits: Partial<ClientLimits> = {}): TwinlaneClient {
    return new TwinlaneClient({
      server: this.relay.url,
      token: FAKE_TOKEN,
      WebSocket,
      limits: { backoffFirstMs: 10, ...limits },
    });
  }

  async attach(limits: Partial<ClientLimits> = {}): Promise<Attachment> {
    const attachment = await this.client(limits).attach('env-1', { runtime: FAKE_RUNTIME, clientId: 'me' });
    return this.keep(attachment);
  }

  /** Has it closed at the end. */
  keep(attachment: Attachment): Attachment {
    this.attachments.push(attachment);
    return attachment;
  }

  /** Answers an input and runs a turn of one line for it. */
  runTurns(text: string): void {
    const { relay } = this;
    relay.scripts['input'] = (command) => {
      const [id] = messageIdsOf(command);
      relay.answer(command, { accepted: true, disposition: 'started' });
      relay.emit('update_loop_status', loopStatus('EXECUTING_CLIENT_SIDE_TOOL', 'run-1', id));
      relay.emit('stream_delta', output('stdout', text));
      relay.emit('update_loop_status', loopStatus('WAITING_ON_INPUT'));
      relay.emit('turn_finished', { turn_id: 'turn-1', stop_reason: 'end_turn', run_id: 'run-1' });
    };
  }

  async stop(): Promise<void> {
    for (const attachment of this.attachments.splice(0)) attachment.close();
    await this.relay.stop();
  }
}
