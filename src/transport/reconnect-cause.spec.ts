import { expect, it } from 'vitest';
import { RegistrationError } from '../registration/index.js';
import { LinkError } from './link-end.js';
import { causeOfEnd, causeOfFailure } from './reconnect-cause.js';
import { DialError } from './socket-dialer.js';

it.each([
  [1012, 'closed RESTART'],
  [1006, 'closed ABNORMAL'],
  [4_999, 'closed OTHER'],
])('a close with %i is counted as %s', (code, cause) => {
  expect(causeOfEnd({ code, reason: 'made up' })).toBe(cause);
});

it.each([
  [new RegistrationError('deadline', 'late'), 'registration deadline'],
  [new DialError('no route'), 'network'],
  [new DialError('busy', { status: 503 }), 'upgrade 5xx'],
  [new DialError('refused', { status: 401 }), 'upgrade 4xx'],
  [new DialError('moved', { status: 302 }), 'upgrade 3xx'],
  [new LinkError('closed', { code: 1013, reason: '' }), 'closed TRY_LATER'],
  [new LinkError('no listener_ready'), 'not ready'],
  [new Error('whatever it says'), 'other'],
])('%s is counted as %s', (error, cause) => {
  expect(causeOfFailure(error)).toBe(cause);
});
