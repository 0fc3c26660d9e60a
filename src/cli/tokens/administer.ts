import { TwinlaneClient, type Administration } from '../../client/index.js';
import { SYSTEM_CLOCK } from '../../protocol/index.js';
import type { CliIo } from '../cli-io.js';
import { usageError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { findRelay } from '../find-relay.js';
import { outbound } from '../outbound/outbound.js';
import { Output } from '../output.js';
import type { EnvironmentsSettings } from '../settings/client.settings.js';
import { keepAlive } from '../waiting.js';

/** What an action of `environments`, `tokens` or `organizations` is given. */
export interface AdministerContext {
  readonly client: TwinlaneClient;
  readonly administration: Administration;
  readonly stdout: Output;
  /** Says something that is no part of the output. */
  readonly note: (text: string) => void;
  readonly json: (value: unknown) => Promise<void>;
  readonly isJson: boolean;
  /** Epoch ms. */
  readonly now: number;
}

/** An action of a command, and the words that come after its name. */
export interface Action {
  readonly words: readonly string[];
  /** How many of them may be left out. */
  readonly optional?: number;
  run(context: AdministerContext, words: readonly string[]): Promise<void>;
}

/** Runs the action that the first word names, over the REST of the relay. */
export function administer(
  command: string,
  actions: Readonly<Record<string, Action>>,
  given: readonly string[],
  settings: EnvironmentsSettings,
  io: CliIo,
): Promise<number> {
  const [name = '', ...words] = given;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action) {
    const shapes = Object.entries(actions).map(([each, { words: wants }]) => [each, ...wants].join(' '));
    throw usageError(`twinlane ${command} needs to be told what to do: ${shapes.join(', ')}.`);
  }
  const least = action.words.length - (action.optional ?? 0);
  if (words.length < least || words.length > action.words.length)
    throw usageError(`Write it like this: twinlane ${[command, name, ...action.words].join(' ')}`);
  const { clock = SYSTEM_CLOCK } = io;
  return keepAlive(async () => {
    const access = await findRelay(settings, io);
    const { client: reach } = await outbound(access.server, settings, io.env);
    const client = new TwinlaneClient({ ...access, ...reach, clock });
    const { administration } = client;
    const stdout = new Output(io.stdout);
    await action.run(
      {
        client,
        administration,
        stdout,
        note: (text) => void io.stderr.write(`${text}\n`),
        json: (value) => stdout.write(`${JSON.stringify(value, null, 2)}\n`),
        isJson: settings.json,
        now: clock.now(),
      },
      words,
    );
    return EXIT.OK;
  });
}

/** For tables. @param ms epoch ms */
export function shownTime(ms: number | null): string {
  return ms === null ? '-' : new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
