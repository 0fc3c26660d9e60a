import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { LogLevels } from './log-levels.js';
import { createLogger, PinoLoggerService } from './logger.js';

function setUp(levels = 'trace') {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  return { lines, log: new PinoLoggerService(createLogger({ destination }), new LogLevels(levels)) };
}

describe('PinoLoggerService', () => {
  it('writes one JSON line: message, context as Nest gives it, and fields', () => {
    const { lines, log } = setUp();
    log.log('ready', { connectionId: 'conn-1', requestId: 'r-1' }, 'Link');
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'info',
        msg: 'ready',
        context: 'Link',
        connectionId: 'conn-1',
        requestId: 'r-1',
      }),
    ]);
  });

  it('never writes tokens or leases, in fields, addresses or errors', () => {
    const { lines, log } = setUp();
    log.warn('refused ws://relay/x?token=s3cret&a=b and wss://relay/y?lease=s3cret', {
      token: 's3cret',
      headers: { authorization: 'Bearer s3cret' },
    });
    log.error(new Error('GET /status/ws?channel=stream&token=s3cret failed'), 'Gateway');
    expect(JSON.stringify(lines)).not.toContain('s3cret');
    expect(lines[0]?.['msg']).toContain('a=b');
  });

  it('keeps quiet below its level', () => {
    const { lines, log } = setUp('warn');
    log.log('no');
    log.verbose('no');
    log.fatal('yes');
    expect(lines.map((line) => line['msg'])).toEqual(['yes']);
  });
});
