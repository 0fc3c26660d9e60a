import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LogLevels, LogLevelsError, ROOM_OF_LOGGER } from './log-levels.js';

const SOURCE = fileURLToPath(new URL('../', import.meta.url));

describe('LogLevels', () => {
  it('has one for everything, and others for rooms, the most exact of which counts', () => {
    const levels = new LogLevels('warn,relay=info,relay/routing=debug,Presence=error');
    const most = (logger?: string) =>
      (['trace', 'debug', 'info', 'warn', 'error'] as const).find((level) => levels.allows(level, logger));
    expect(most('Link')).toBe('warn');
    expect(most()).toBe('warn');
    expect(most('SomebodyElses')).toBe('warn');
    expect(most('DeviceSession')).toBe('info');
    expect(most('RoutingService')).toBe('debug');
    expect(most('Presence')).toBe('error');
    levels.set('silent,transport=trace');
    expect([most('RoutingService'), most('Link')]).toEqual([undefined, 'trace']);
    expect(levels.allows('fatal')).toBe(false);
  });

  it('is written as it is read', () => {
    for (const text of ['info', 'warn,relay/routing=debug']) expect(String(new LogLevels(text))).toBe(text);
    expect(String(new LogLevels(' relay = debug , error '))).toBe('error,relay=debug');
    expect(String(new LogLevels('relay=debug'))).toBe('info,relay=debug');
  });

  it.each(['', 'loud', 'info,', 'relay=', '=info', 'info,relay=loud', 'INFO'])(
    'refuses %j, and stays as it was',
    (text) => {
      expect(() => new LogLevels(text)).toThrow(LogLevelsError);
      const levels = new LogLevels('warn');
      expect(() => levels.set(text)).toThrow('room=level');
      expect(String(levels)).toBe('warn');
    },
  );

  it('knows the room of every logger in the sources', () => {
    const named = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
      .flatMap((file) =>
        [...readFileSync(path.join(SOURCE, file), 'utf8').matchAll(/new Logger\((?:'([^']+)'|(\w+)\.name)\)/g)].map(
          ([, text, name]) => ({ logger: text ?? name ?? '', room: path.dirname(file).split(path.sep).join('/') }),
        ),
      );
    expect(named.length).toBeGreaterThan(20);
    const unknown = named.filter(
      ({ logger, room }) => !`${room}/`.startsWith(`${(ROOM_OF_LOGGER[logger] ?? 'none').split('/')[0]}/`),
    );
    // What it says of itself, whichever room it is written in.
    expect(unknown).toEqual([{ logger: 'Relay', room: 'cli/roles' }]);
  });
});
