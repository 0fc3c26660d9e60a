import { expect, it } from 'vitest';
import { EnvironmentNotFoundError, TokenRefusedError, type Attachment, type AttachmentState } from 'twinlane/client';
import { AsyncQueue } from '../../../src/client/async-queue.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { AttachedEnvironment } from './attached-environment.store.js';

/** Attachments that do as they are told. */
class FakeAttachment {
  readonly phases = new AsyncQueue<AttachmentState>();
  closed = false;
  states = () => this.phases;
  async *presences() {
    yield 'linked' as const;
  }
  close(): void {
    this.closed = true;
  }
}

function bench(...outcomes: (FakeAttachment | Error)[]) {
  const clock = new ManualClock();
  let asked = 0;
  const client = {
    attach: async () => {
      const outcome = outcomes[Math.min(asked++, outcomes.length - 1)];
      if (outcome instanceof FakeAttachment) return outcome as unknown as Attachment;
      throw outcome ?? new Error('nothing is planned');
    },
  };
  const noticed = (error: unknown): boolean => error instanceof TokenRefusedError;
  const attached = new AttachedEnvironment({ client, clock, noticed }, 'env-1');
  return { clock, attached, asked: () => asked };
}

it('shows how its attachment is tied, and what that knows of the listener', async () => {
  const attachment = new FakeAttachment();
  const { attached, clock } = bench(attachment);
  expect(attached.state.value).toEqual({ phase: 'opening' });
  attachment.phases.push({ phase: 'open' });
  await clock.advance(0);
  expect(attached.state.value).toEqual({ phase: 'open' });
  expect([attached.attachment.value, attached.presence.value]).toEqual([attachment, 'linked']);
  attachment.phases.push({ phase: 'reconnecting', reason: 'control closed' });
  await clock.advance(0);
  expect(attached.state.value).toMatchObject({ phase: 'reconnecting' });
});

it('what cannot be opened is tried again, later each time, or at once when somebody asks', async () => {
  const attachment = new FakeAttachment();
  const { attached, clock, asked } = bench(new Error('away'), new Error('away'), new Error('away'), attachment);
  await clock.advance(0);
  expect(attached.state.value).toEqual({ phase: 'failed', reason: 'away', againAt: clock.now() + 1_000 });
  await clock.advance(1_000);
  expect(attached.state.value).toMatchObject({ againAt: clock.now() + 2_000 });
  attached.tryNow();
  await clock.advance(0);
  expect([asked(), attached.state.value]).toMatchObject([3, { againAt: clock.now() + 4_000 }]);
  attachment.phases.push({ phase: 'open' });
  await clock.advance(4_000);
  expect(attached.state.value).toEqual({ phase: 'open' });
});

it('one that failed for good is replaced', async () => {
  const [first, second] = [new FakeAttachment(), new FakeAttachment()];
  const { attached, clock } = bench(first, second);
  first.phases.push({ phase: 'open' });
  first.phases.push({ phase: 'closed', error: new Error('gone') });
  await clock.advance(0);
  expect(attached.state.value).toMatchObject({ phase: 'failed', reason: 'gone' });
  second.phases.push({ phase: 'open' });
  await clock.advance(1_000);
  expect(attached.attachment.value).toBe(second);
});

it.each([new TokenRefusedError('revoked'), new EnvironmentNotFoundError('env-1', 'unknown')])(
  'there is no use in trying again after %s',
  async (error) => {
    const { attached, clock, asked } = bench(error);
    await clock.advance(60_000);
    expect([asked(), attached.state.value]).toEqual([1, { phase: 'closed', error }]);
  },
);

it('who closes it, closes it, also while it is being opened', async () => {
  const attachment = new FakeAttachment();
  const { attached, clock, asked } = bench(attachment);
  attached.close();
  await clock.advance(60_000);
  expect([attachment.closed, asked()]).toEqual([true, 1]);
});
