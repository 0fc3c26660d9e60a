import { Logger } from '@nestjs/common';
import { expect, it, vi } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { Metrics } from '../../observability/index.js';
import { RelayMetrics } from './relay.metrics.js';

it('says once a minute what became a hole in histories', () => {
  const warned = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const metrics = new RelayMetrics(new Metrics(), new ManualClock());
  for (const conversation_id of ['c', 'd']) metrics.lost(3, { agent_id: 'a', conversation_id });
  expect(warned.mock.calls).toEqual([
    ['3 events of "a/c" never arrived; clients are told so (resume_gap). The log of their listener may say why.'],
  ]);
  warned.mockRestore();
});
