import { describe, expect, it } from 'vitest';
import { FakeDeviceLink, RoutingBench } from '../../../test/kit/routing-bench.js';

const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };
const MOST = 3;

describe.each([
  ['a device that names its events', true],
  ['a stock device', false],
])('approvals of %s that asks without end', (_device, namesEvents) => {
  it('expire beyond the bound, the oldest first, and those who follow are told', async () => {
    const bench = new RoutingBench({ maxApprovals: MOST });
    const link = bench.connect(new FakeDeviceLink(namesEvents));
    const client = await bench.attach({ runtime: RUNTIME });
    for (let number = 1; number <= MOST + 2; number++)
      bench.emit(link, {
        type: 'control_request',
        request_id: `p${number}`,
        request: { subtype: 'can_use_tool', input: {} },
        runtime: RUNTIME,
        ...(namesEvents ? { event_epoch: 'e1' } : {}),
        event_seq: number,
        idempotency_key: `control_request:${number}`,
      });
    await bench.settled();
    expect(client.of('control_request_resolved')).toMatchObject([
      { request_id: 'p1', outcome: 'expired', runtime: RUNTIME },
      { request_id: 'p2', outcome: 'expired', runtime: RUNTIME },
    ]);
    const later = await bench.attach({ runtime: RUNTIME });
    expect(later.of('control_request').map((frame) => frame['request_id'])).toEqual(['p3', 'p4', 'p5']);
    const payload = { kind: 'approval_response', request_id: 'p1', decision: { behavior: 'allow' } };
    later.send({ type: 'input', request_id: 'late', runtime: RUNTIME, payload });
    await bench.settled();
    expect(later.of('input_accepted')).toMatchObject([{ accepted: false, error_code: 'ALREADY_ANSWERED' }]);
    expect(link.sent.filter(({ type }) => type === 'input')).toEqual([]);
  });
});
