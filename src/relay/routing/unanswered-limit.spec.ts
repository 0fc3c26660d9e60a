import { describe, expect, it } from 'vitest';
import { type BenchClient, RoutingBench } from '../../../test/kit/routing-bench.js';
import { LimitsOptions } from '../access/limits.options.js';

const UNANSWERED = 3;
const INPUT = { type: 'terminal_input', terminal_id: 't', data: 'x' };

/** Its device is away, and not marked offline: commands wait. */
function start(options: object = {}): RoutingBench {
  const limits = Object.assign(new LimitsOptions(), { unansweredPerClient: UNANSWERED });
  return new RoutingBench({ limits, ...options });
}

async function send(bench: RoutingBench, client: BenchClient, times: number, command: object): Promise<void> {
  for (let n = 0; n < times; n++) client.send(command);
  await bench.settled();
}

describe('commands that wait for a device', () => {
  it.each([
    ['me', INPUT, 4029],
    [undefined, INPUT, 1013],
    ['me', { type: 'external_tool_call_response' }, 4029],
    ['me', { type: 'change_device_state' }, 4029],
  ])(
    'C36 close their client where no answer could say that they are too many (client=%s, %j)',
    async (client, command, code) => {
      const bench = start();
      const [busy, other] = [await bench.attach({ client }), await bench.attach({ client: 'other' })];
      await send(bench, busy, UNANSWERED, command);
      expect(busy.closed).toBeUndefined();
      await send(bench, busy, 2, command);
      expect(busy.closed).toMatchObject({ code, reason: expect.stringMatching(/^Retry-After: 1\. Too many commands/) });
      expect(other.closed).toBeUndefined();
    },
  );

  it('C36 are answered where they can be', async () => {
    const bench = start();
    const client = await bench.attach();
    for (let n = 0; n <= UNANSWERED; n++) await send(bench, client, 1, { type: 'read_file', request_id: `r${n}` });
    const refused = { request_id: `r${UNANSWERED}`, error_code: 'TOO_MANY', retry_after_ms: 1_000 };
    expect(client.of('read_file_response')).toMatchObject([refused]);
    expect(client.closed).toBeUndefined();
  });

  it('close their client likewise when they are too large together', async () => {
    const bench = start({ waitingCommandBytes: 1_000 });
    const client = await bench.attach({ client: 'me' });
    await send(bench, client, 2, { ...INPUT, data: 'x'.repeat(600) });
    expect(client.closed).toMatchObject({ code: 4029 });
  });
});
