/**
 * The reason of a 1012 or 1013 where the relay knows which messages of its peer it has acted upon: the first so many of the socket. What came
 * behind them it has not, and never will (protocol section 4). First, as long reasons are cut.
 */
export function messagesReadReason(text: string, count: number): string {
  return `Messages-Read: ${count}. ${text}`;
}

const COUNT = /^Messages-Read: (\d+)\. */;

/** Reads how many messages a close reason says were acted upon; undefined where it does not say. */
export function readMessagesRead(reason: string): number | undefined {
  const [, count] = COUNT.exec(reason) ?? [];
  return count === undefined ? undefined : Number(count);
}

/** What such a reason says to people: the rest of it. */
export function withoutMessagesRead(reason: string): string {
  return reason.replace(COUNT, '');
}
