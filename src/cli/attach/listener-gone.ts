import { CommandError, type Attachment, type ListenerPresence } from '../../client/index.js';
import type { Timer } from '../../protocol/index.js';
import { CliError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { visibleLine } from '../text.js';

type Followed = Pick<Attachment, 'presences' | 'clock'>;

/**
 * Does what needs the listener, for as long as there is hope: until it has not been there for `waitMs`, be it away or offline.
 * The relay calls a listener offline long after its link broke, and every listener for a moment after a restart of its own,
 * so that neither word says more than the other.
 *
 * @param gone what is thrown then
 */
export async function whileHopeful<T>(
  attachment: Followed,
  work: Promise<T>,
  waitMs: number,
  gone: () => CliError,
): Promise<T> {
  const presences = attachment.presences();
  let leave: () => void = () => {};
  const left = new Promise<void>((resolve) => (leave = resolve)).then(() => Promise.reject(gone()));
  void follow(attachment, waitMs, presences, leave);
  try {
    return await Promise.race([work, left]);
  } finally {
    await presences.return?.();
  }
}

async function follow(
  { clock }: Followed,
  waitMs: number,
  presences: AsyncIterable<ListenerPresence>,
  leave: () => void,
): Promise<void> {
  let timer: Timer | undefined;
  for await (const presence of presences) {
    if (presence !== 'linked') timer ??= clock.after(waitMs, leave);
    else {
      timer?.cancel();
      timer = undefined;
    }
  }
  timer?.cancel();
}

/** No turn has been handed in yet. */
export function notThere(name: string, waitMs: number): CliError {
  return new CliError(
    `The listener of ${visibleLine(name)} did not come back within ${waitMs / 1_000} s. Start it again (npx twinlane listen), then try again.`,
    EXIT.UNREACHABLE,
  );
}

/** A turn is with a listener of which nothing is heard. */
export function outcomeUnknown(name: string, waitMs: number, conversation: string | undefined): CliError {
  const where = conversation === undefined ? '' : ` --conversation ${visibleLine(conversation)}`;
  return new CliError(
    `The listener of ${visibleLine(name)} did not come back within ${waitMs / 1_000} s; the outcome of the turn is unknown. Start it again (npx twinlane listen), then go on with: npx twinlane attach${where}`,
    EXIT.UNREACHABLE,
  );
}

/** What people are told of a command that nobody answered, or that the token may not send; any other error as it is. */
export function inWords(error: unknown, name: string): unknown {
  if (!(error instanceof CommandError)) return error;
  if (error.code === 'ACCESS_REFUSED')
    return new CliError(`${error.message} To follow what others do: npx twinlane attach --watch`, EXIT.TOKEN_REFUSED, {
      cause: error,
    });
  const said = {
    COMMAND_TIMEOUT: 'did not answer in time; what was sent may still run when it is back.',
    NOT_SENT: 'could not be reached in time; nothing was sent.',
  }[error.code];
  if (said === undefined) return error;
  return new CliError(`The listener of ${visibleLine(name)} ${said}`, EXIT.UNREACHABLE, { cause: error });
}
