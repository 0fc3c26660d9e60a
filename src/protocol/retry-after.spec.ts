import { describe, expect, it } from 'vitest';
import { MAX_RETRY_AFTER_MS, readRetryAfter, readRetryAfterReason, retryAfterReason } from './retry-after.js';

const now = Date.parse('2026-01-01T00:00:00Z');

describe('readRetryAfter', () => {
  it.each<[string | null, number | undefined]>([
    ['0', 0],
    ['60', 60_000],
    [' 7 ', 7_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
    ['99999999999', MAX_RETRY_AFTER_MS],
    ['Fri, 01 Jan 2126 00:00:00 GMT', MAX_RETRY_AFTER_MS],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('reads %j as %j ms', (value, expected) => {
    expect(readRetryAfter(value, now)).toBe(expected);
  });
});

describe('readRetryAfterReason', () => {
  it.each<[string, number | undefined]>([
    ['30', 30_000],
    ['too many, come back in 7 s', 7_000],
    ['More than 20 sockets. Retry-After: 5', 5_000],
    [retryAfterReason('At most 200 commands a second.', 1_200), 2_000],
    ['', undefined],
    ['too many', undefined],
  ])('reads %j as %j ms', (reason, expected) => {
    expect(readRetryAfterReason(reason)).toBe(expected);
  });
});
