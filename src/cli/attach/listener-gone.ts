import { CommandError, type Attachment, type ListenerPresence } from '../../client/index.js';
import type { Timer } from '../../protocol/index.js';
import { CliError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { visibleLine } from '../text.js';

/**
 * How long a listener that is not there is waited for, in ms. After a restart of the relay every listener counts as offline
 * until it is back, so that `offline` alone is no reason to leave.
 */
const PATIENCE_MS = 30_000;

type Followed = Pick<Attachment, 'presences' | 'clock'>;

/**
 * Does what needs the listener, for as long as there is hope.
 *
 * @param hopeless what presence is a reason to leave once the patience is over
 * @param gone what is thrown then
 */
export async function whileHopeful<T>(
  attachment: Followed,
  work: Promise<T>,
  hopeless: (presence: ListenerPresence) => boolean,
  gone: () => CliError,
): Promise<T> {
  const presences = attachment.presences();
  let leave: () => void = () => {};
  const left = new Promise<void>((resolve) => (leave = resolve)).then(() => Promise.reject(gone()));
  void follow(attachment, presences, hopeless, leave);
  try {
    return await Promise.race([work, left]);
  } finally {
    await presences.return?.();
  }
}

async function follow(
  { clock }: Followed,
  presences: AsyncIterable<ListenerPresence>,
  hopeless: (presence: ListenerPresence) => boolean,
  leave: () => void,
): Promise<void> {
  let since: number | undefined;
  let timer: Timer | undefined;
  for await (const presence of presences) {
    timer?.cancel();
    since = presence === 'linked' ? undefined : (since ?? clock.now());
    if (since !== undefined && hopeless(presence))
      timer = clock.after(Math.max(0, since + PATIENCE_MS - clock.now()), leave);
  }
  timer?.cancel();
}

/** No turn has been handed in yet. */
export function notThere(name: string): CliError {
  return new CliError(
    `The listener of ${visibleLine(name)} did not come back within ${PATIENCE_MS / 1_000} s. Start it again (npx twinlane listen), then try again.`,
    EXIT.UNREACHABLE,
  );
}

/** A turn is with a listener of which nothing is heard. */
export function outcomeUnknown(name: string, conversation: string | undefined): CliError {
  const where = conversation === undefined ? '' : ` --conversation ${visibleLine(conversation)}`;
  return new CliError(
    `The listener of ${visibleLine(name)} is offline, and the outcome of the turn is unknown. When it is back, go on with: twinlane attach${where}`,
    EXIT.UNREACHABLE,
  );
}

/** What people are told of a command that nobody answered; any other error as it is. */
export function inWords(error: unknown, name: string): unknown {
  if (!(error instanceof CommandError)) return error;
  const said = {
    COMMAND_TIMEOUT: 'did not answer in time; what was sent may still run when it is back.',
    NOT_SENT: 'could not be reached in time; nothing was sent.',
  }[error.code];
  if (said === undefined) return error;
  return new CliError(`The listener of ${visibleLine(name)} ${said}`, EXIT.UNREACHABLE, { cause: error });
}
