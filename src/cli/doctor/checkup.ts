import { lookup } from 'node:dns/promises';
import { createHash, randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { Metrics } from '../../observability/index.js';
import { readBoundedText, SYSTEM_CLOCK, type ChannelName, type Clock } from '../../protocol/index.js';
import {
  RegistrationError,
  RegistrationOptions,
  RegistrationService,
  type Registration,
} from '../../registration/index.js';
import { DialError, wsDialer } from '../../transport/index.js';
import { EXIT } from '../exit-codes.js';
import type { Outbound } from '../outbound/outbound.js';
import { explain } from './network-hints.js';
import { ProbeSocket } from './probe-socket.js';
import { STEPS, StepError, type StepName, type StepResult } from './step.js';

/** Clocks further apart than this are worth a word, in ms: tokens and certificates expire by them. */
const MAX_SKEW_MS = 60_000;
/** What a gateway answers when what is behind it does not. */
const GATEWAY_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);
/** Bytes of what is answered there, which a page of a proxy may be. */
const MAX_HEALTH_BYTES = 1024 * 1024;
const ID_DIGITS = 16;

/** Goes the way of a listener to its relay, step by step, as a device of its own: it disturbs no listener of this machine. */
export class Checkup {
  readonly proxy: URL | undefined;
  private readonly server: URL;
  private readonly sockets = new Map<ChannelName, ProbeSocket>();
  private readonly generation = randomUUID();
  private registration: Registration | undefined;
  /** The relay's clock less this machine's, in ms. */
  private skewMs: number | undefined;

  constructor(
    private readonly access: { readonly server: string; readonly token: string },
    private readonly way: Outbound,
    private readonly dataDir: string,
    private readonly clock: Clock = SYSTEM_CLOCK,
    /** One step ends within this time, in ms. Default: 10 s. */
    private readonly stepDeadlineMs: number = 10_000,
    /** The name it registers under; tokens may be for some names only. */
    private readonly probeName: string = `doctor on ${hostname()}`,
  ) {
    this.server = new URL(access.server);
    this.proxy = way.proxyOf(this.server);
  }

  /**
   * Takes the steps, up to the first that fails.
   *
   * @param done told of each step as it ends, of those not tried too
   * @returns the exit code
   */
  async run(done: (result: StepResult) => Promise<void>): Promise<number> {
    let exitCode: number = EXIT.OK;
    try {
      for (const step of STEPS) {
        if (exitCode === EXIT.OK) exitCode = await this.take(step, done);
        else await done({ step, state: 'skipped', detail: '' });
      }
      return exitCode;
    } finally {
      await Promise.all([...this.sockets.values()].map((socket) => socket.close()));
    }
  }

  private async take(step: StepName, done: (result: StepResult) => Promise<void>): Promise<number> {
    try {
      await done({ step, state: 'ok', detail: await this.steps[step]() });
      return EXIT.OK;
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      await done({ step, state: 'failed', detail: error.message });
      return error.exitCode;
    }
  }

  private readonly steps: Readonly<Record<StepName, () => Promise<string>>> = {
    resolve: () => this.resolve(),
    reach: () => this.reach(),
    register: () => this.register(),
    control: () => this.open('control'),
    stream: () => this.open('stream'),
    'round trip': () => this.roundTrip(),
    clock: () => this.compareClocks(),
  };

  private async resolve(): Promise<string> {
    const host = (this.proxy ?? this.server).hostname.replace(/^\[|\]$/g, '');
    const whose = this.proxy ? `the proxy ${host}` : host;
    if (isIP(host) !== 0) return `${whose} is an address`;
    try {
      const { address } = await lookup(host);
      return `${whose} is ${address}`;
    } catch (error) {
      throw new StepError(explain(error, { host: whose, proxy: undefined }), EXIT.UNREACHABLE, { cause: error });
    }
  }

  /** Any answer will do; whether it is a relay's shows at the next step. */
  private async reach(): Promise<string> {
    const askedAt = this.clock.now();
    const response = await this.fetchHealth();
    const answeredAt = this.clock.now();
    const date = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(date)) this.skewMs = date - (askedAt + answeredAt) / 2;
    const { status } = response;
    if (GATEWAY_STATUSES.has(status))
      throw new StepError(
        `${this.server.host} answers HTTP ${status}: what stands before the relay cannot reach it, or it is starting; look whether the relay runs.`,
      );
    return `HTTP ${status} in ${answeredAt - askedAt} ms${this.proxy ? ` through the proxy ${this.proxy.host}` : ''}`;
  }

  private async fetchHealth(): Promise<Response> {
    const signal = AbortSignal.timeout(this.stepDeadlineMs);
    try {
      const response = await this.way.fetch(`${this.access.server.replace(/\/+$/, '')}/v1/health`, {
        redirect: 'manual',
        signal,
      });
      await readBoundedText(response, MAX_HEALTH_BYTES, signal);
      return response;
    } catch (error) {
      const cause = signal.aborted ? Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }) : error;
      throw new StepError(explain(cause, this.place(this.server)), EXIT.UNREACHABLE, { cause: error });
    }
  }

  private async register(): Promise<string> {
    const { server, token } = this.access;
    const options = Object.assign(new RegistrationOptions(), {
      server,
      ...this.identity,
      requestDeadlineMs: this.stepDeadlineMs,
      metadata: { supported_commands: [], processInstanceId: randomUUID() },
    });
    const service = new RegistrationService(options, this.way.fetch, this.clock, new Metrics());
    try {
      this.registration = await service.registerOnce(token, new AbortController().signal);
    } catch (error) {
      if (!(error instanceof RegistrationError)) throw error;
      const isRefused = error.fault === 'token-refused';
      const more = error.errorCode === 'ACCESS_REFUSED' ? await this.otherUse() : '';
      throw new StepError(error.message + more, isRefused ? EXIT.TOKEN_REFUSED : EXIT.FAILED, { cause: error });
    }
    const { capabilities } = this.registration;
    return capabilities.supportsSplitStatusChannels
      ? 'the token is good'
      : 'the token is good; one socket for everything';
  }

  /** What a good token is for that registers no listener, or not under this name. */
  private async otherUse(): Promise<string> {
    const { server, token } = this.access;
    const response = await this.way
      .fetch(`${server.replace(/\/+$/, '')}/v1/environments`, {
        headers: { authorization: `Bearer ${token}` },
        redirect: 'manual',
        signal: AbortSignal.timeout(this.stepDeadlineMs),
      })
      .catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok)
      return ' Clients work with it: `npx twinlane environments` and `attach`; what is checked here is the way of a listener.';
    return ` Where it is for some names only, pass one to this check with --probe-name (now "${this.probeName}").`;
  }

  /** The same for this machine, data directory and token each time: it leaves one offline entry, not one for each checkup. */
  private get identity(): { deviceId: string; connectionName: string } {
    const id = createHash('sha256')
      .update(JSON.stringify([hostname(), this.dataDir, this.access.token]))
      .digest('hex');
    return { deviceId: `doctor-${id.slice(0, ID_DIGITS)}`, connectionName: this.probeName };
  }

  private async open(channel: ChannelName): Promise<string> {
    const { wsUrl, maxFrameBytes, capabilities } = this.granted();
    if (channel === 'stream' && !capabilities.supportsSplitStatusChannels)
      return 'not needed: this server has one socket';
    const isPaired = capabilities.supportsSplitStatusChannels && capabilities.supportsPairedListenerGenerations;
    const url = new URL(wsUrl);
    const query = {
      ...this.identity,
      ...(capabilities.supportsSplitStatusChannels ? { channel } : {}),
      ...(isPaired ? { connectionGeneration: this.generation, connectionAttempt: '1' } : {}),
    };
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    try {
      const dial = wsDialer(this.way.routeTo);
      const { token } = this.access;
      const signal = new AbortController().signal;
      const socket = await dial(url, { token, maxFrameBytes, deadlineMs: this.stepDeadlineMs, signal });
      const probe = new ProbeSocket(socket, this.clock, this.stepDeadlineMs);
      this.sockets.set(channel, probe);
      if (isPaired) await probe.ready(this.generation);
      return `open at ${url.host}`;
    } catch (error) {
      if (error instanceof StepError) throw new StepError(`${url.host}: ${error.message}.`, error.exitCode);
      if (error instanceof DialError) throw this.refusedSocket(error, url);
      throw error;
    }
  }

  private refusedSocket(error: DialError, url: URL): StepError {
    const { status, errorCode, cause } = error;
    if (errorCode !== undefined)
      return new StepError(`${error.message} (${errorCode})`, status === 401 ? EXIT.TOKEN_REFUSED : EXIT.FAILED);
    if (status !== undefined)
      return new StepError(
        `${url.host} answers HTTP ${status} to a WebSocket upgrade: something before the relay does not let sockets pass. A reverse proxy has to pass on the Upgrade and Connection headers and HTTP/1.1; a company proxy has to allow this address.`,
        EXIT.FAILED,
      );
    const elsewhere =
      url.host === this.server.host
        ? ''
        : ` The relay gave this address for sockets; if it is wrong, set TWINLANE_PUBLIC_URL where the relay runs.`;
    return new StepError(explain(cause ?? error, this.place(url)) + elsewhere, EXIT.UNREACHABLE, { cause: error });
  }

  private async roundTrip(): Promise<string> {
    const times: string[] = [];
    for (const [channel, socket] of this.sockets) {
      try {
        times.push(`${channel} ${Math.max(1, Math.round(await socket.roundTrip()))} ms`);
      } catch (error) {
        if (!(error instanceof StepError)) throw error;
        // Protocol section 2: a server that has never answered one is not blamed for silence.
        if (!this.granted().capabilities.supportsPairedListenerGenerations)
          return `${channel}: no answer to ping, which plain servers may not give`;
        throw new StepError(`${channel}: ${error.message}.`, error.exitCode);
      }
    }
    return times.join(', ');
  }

  private async compareClocks(): Promise<string> {
    if (this.skewMs === undefined) return 'the relay does not say what time it has';
    const apart = `${Math.round(Math.abs(this.skewMs) / 1_000)} s`;
    if (Math.abs(this.skewMs) <= MAX_SKEW_MS) return `at most ${apart} apart`;
    throw new StepError(
      `This machine's clock is ${apart} ${this.skewMs < 0 ? 'ahead of' : 'behind'} the relay's; set the one that is wrong (timedatectl set-ntp true). Tokens and certificates expire by it.`,
      EXIT.FAILED,
    );
  }

  private granted(): Registration {
    if (!this.registration) throw new RangeError('sockets come after registering');
    return this.registration;
  }

  private place(url: URL): { host: string; proxy: string | undefined } {
    return { host: url.host, proxy: this.way.proxyOf(url)?.host };
  }
}
