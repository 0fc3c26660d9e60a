import { describe, expect, it } from 'vitest';
import { parseNatsAddress } from './nats-address.js';

const NOBODY = { user: undefined, password: undefined, token: undefined, tls: false };

describe('parseNatsAddress', () => {
  it('reads one server, with the port of NATS where none is said', () => {
    expect(parseNatsAddress('nats://queue.example')).toEqual({ ...NOBODY, servers: ['queue.example:4222'] });
  });

  it('reads several, and TLS where one says it', () => {
    const { servers, tls } = parseNatsAddress('nats://a:1, tls://b:2,nats://[::1]:3/');
    expect({ servers, tls }).toEqual({ servers: ['a:1', 'b:2', '[::1]:3'], tls: true });
  });

  it('reads a user and a password, as they are before they were escaped', () => {
    const { user, password, token } = parseNatsAddress('nats://a,nats://relay:p%40ss%2Fword@b');
    expect({ user, password, token }).toEqual({ user: 'relay', password: 'p@ss/word', token: undefined });
  });

  it('takes a user who stands in several of them, and refuses two', () => {
    const { user, servers } = parseNatsAddress('nats://relay:one@a,nats://relay:one@b,nats://c');
    expect({ user, servers }).toEqual({ user: 'relay', servers: ['a:4222', 'b:4222', 'c:4222'] });
    for (const other of ['other:one', 'relay:two', 's3cret'])
      expect(() => parseNatsAddress(`nats://relay:one@a,nats://${other}@b`)).toThrow(
        'The addresses of NATS name more than one user: write a user and password into one of them only: it holds for all servers.',
      );
  });

  it('takes a name without a password for a token', () => {
    expect(parseNatsAddress('nats://s3cret@a')).toEqual({ ...NOBODY, servers: ['a:4222'], token: 's3cret' });
  });

  it.each([
    '',
    'embedded?',
    'http://a:4222',
    'nats://',
    'nats://a/stream',
    'nats://a,',
    'nats://a?x=1',
    'nats://:hunter2@a',
  ])('refuses %o', (text) => {
    expect(() => parseNatsAddress(text)).toThrow(/write nats:\/\/host:4222/);
  });

  it.each([
    'nats://relay:hunter2@a/x',
    'nats://relay:hunter2,hunter2@a',
    'relay:hunter2@a',
    'nats://a,http://relay:hunter2@b',
    'nats://relay:hunter2%@a',
    'nats://relay:hunter2@a@b/c',
  ])('keeps a password out of what it says of %o', (text) => {
    expect(() => parseNatsAddress(text)).toThrow(/^(?!.*hunter2).*$/);
  });
});
