import { X509Certificate } from 'node:crypto';
import { copyFile, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CertificateFilesMade, TestAuthority } from '../../../test/kit/certificates.js';
import { LogLines } from '../../../test/kit/log-lines.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { CertificateFiles, CHECK_MS } from './certificate-files.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

let authority: TestAuthority;
let first: CertificateFilesMade;
let second: CertificateFilesMade;
let live: CertificateFilesMade;
beforeAll(async () => {
  authority = await TestAuthority.make();
  first = await authority.issue(['DNS:localhost', 'IP:127.0.0.1'], 90);
  second = await authority.issue(['DNS:*.wild.example', 'DNS:relay.example'], 90);
  live = { cert: authority.at('live.pem'), key: authority.at('live.key') };
});
afterAll(() => authority.remove());

let log: LogLines;
beforeEach(async () => {
  log = new LogLines();
  await use(first);
});
afterEach(() => log.stop());

async function use(made: CertificateFilesMade): Promise<void> {
  await copyFile(made.cert, live.cert);
  await copyFile(made.key, live.key);
}
const warnings = (): unknown[] => log.lines.filter(({ level }) => level === 'warn').map(({ msg }) => msg);

/** Keeps what it was given, and can wait for it. */
class Server {
  readonly given: unknown[] = [];
  private told = (): void => {};
  readonly next = new Promise<void>((resolve) => (this.told = resolve));
  setSecureContext(context: unknown): void {
    this.given.push(context);
    this.told();
  }
}
async function pairOf({ cert, key }: CertificateFilesMade): Promise<{ cert: string; key: string }> {
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
}

describe('files that change', () => {
  it('are taken over by the server while it runs, every 10 s', async () => {
    const clock = new ManualClock(Date.now());
    const files = await CertificateFiles.open(live, clock);
    const server = new Server();
    files.keepFresh(server);
    await use(second);
    await clock.advance(CHECK_MS);
    await server.next;
    expect(server.given).toEqual([await pairOf(second)]);
    expect(files.pair).toEqual(await pairOf(second));
    files.stop();
    expect(log.saying('The certificate was replaced.')).toHaveLength(1);
  });

  it('may be links that are put in the place of others', async () => {
    for (const name of ['cert', 'key'] as const) await symlink(first[name], authority.at(`link.${name}`));
    const links = { cert: authority.at('link.cert'), key: authority.at('link.key') };
    const files = await CertificateFiles.open(links, new ManualClock(Date.now()));
    const server = new Server();
    for (const name of ['cert', 'key'] as const) {
      await symlink(second[name], authority.at('link.new'));
      await rename(authority.at('link.new'), links[name]);
      await files.check(server);
    }
    expect(server.given).toEqual([await pairOf(second)]);
    expect(warnings()).toEqual([]);
  });

  it('are left alone while they do not change, and while they do not belong together, which is said once', async () => {
    const files = await CertificateFiles.open(live, new ManualClock(Date.now()));
    const server = new Server();
    await files.check(server);
    await copyFile(second.cert, live.cert);
    await files.check(server);
    expect(warnings()).toEqual([]);
    for (let i = 0; i < 3; i++) await files.check(server);
    expect(warnings()).toEqual([
      `The private key ${live.key} does not belong to the certificate ${live.cert}. The relay goes on with the certificate that it has.`,
    ]);
    expect(server.given).toEqual([]);
    await copyFile(second.key, live.key);
    await files.check(server);
    expect(server.given).toEqual([await pairOf(second)]);
  });

  it('that go away do not end the relay', async () => {
    const files = await CertificateFiles.open(live, new ManualClock(Date.now()));
    await rm(live.cert);
    const server = new Server();
    await files.check(server);
    await files.check(server);
    expect(warnings()).toEqual([expect.stringMatching(/live\.pem cannot be read \(ENOENT\)\. The relay goes on/)]);
    expect(server.given).toEqual([]);
  });
});

it('says when a certificate is too new, too old, or soon will be', async () => {
  const { validFrom, validTo } = new X509Certificate(await readFile(first.cert));
  const clock = new ManualClock(Date.parse(validFrom) - DAY_MS);
  const files = await CertificateFiles.open(first, clock);
  const server = new Server();
  files.keepFresh(server);
  files.stop();
  expect(log.lines).toEqual([expect.objectContaining({ msg: expect.stringContaining('is not valid yet') })]);
  for (const at of [Date.parse(validFrom), Date.parse(validTo) - 15 * DAY_MS]) {
    clock.stall(at - clock.now());
    await files.check(server);
  }
  expect(log.lines).toHaveLength(1);
  for (const [at, text] of [
    [Date.parse(validTo) - 13 * DAY_MS, 'expires soon'],
    [Date.parse(validTo), 'has expired'],
  ] as const) {
    clock.stall(at - clock.now());
    await files.check(server);
    await files.check(server);
    expect(log.lines.at(-1)).toMatchObject({ level: 'warn', msg: expect.stringContaining(text) });
  }
  expect(log.lines).toHaveLength(3);
});

it('knows the names that it is for', async () => {
  const files = await CertificateFiles.open(first);
  expect(files.nameFor(['127.0.0.1', 'localhost'])).toBe('127.0.0.1');
  expect(files.nameFor(['::1', 'localhost'])).toBe('localhost');
  const other = await CertificateFiles.open(second);
  expect(other.nameFor(['127.0.0.1', 'localhost'])).toBe('relay.example');
  expect(other.nameFor(['one.wild.example'])).toBe('one.wild.example');
});

describe('files that cannot be used', () => {
  it.each([
    [
      'a certificate that is missing',
      async () => ({ ...first, cert: authority.at('none') }),
      /certificate .*none cannot be read \(ENOENT\)/,
    ],
    [
      'a key that is missing',
      async () => ({ ...first, key: authority.at('none') }),
      /private key .*none cannot be read \(ENOENT\)/,
    ],
    ['a directory', async () => ({ ...first, cert: authority.folder }), /cannot be read \(EISDIR\)/],
    [
      'a key in the place of a certificate',
      async () => ({ ...first, cert: first.key }),
      /holds no certificate in PEM form/,
    ],
    [
      'a certificate in the place of a key',
      async () => ({ ...first, key: first.cert }),
      /holds no private key in PEM form/,
    ],
    ['the key of another', async () => ({ ...first, key: second.key }), /does not belong to the certificate/],
    [
      'a damaged key',
      async () => {
        await writeFile(authority.at('damaged'), '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n');
        return { ...first, key: authority.at('damaged') };
      },
      /^(?!.*c2VjcmV0).*holds no private key/,
    ],
  ])('%s is named', async (_name, paths, message) => {
    await expect(CertificateFiles.open(await paths())).rejects.toThrow(message);
  });
});
