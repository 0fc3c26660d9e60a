/** Told what happens on one socket, so that it can be counted. Must not throw. Sizes in UTF-16 units of the text. */
export interface SocketObserver {
  /** First of all; the socket is open. */
  opened(socket: { readonly bufferedAmount: number }): void;
  /** @param type of the frame; undefined where the message is none */
  sent(type: string | undefined, bytes: number): void;
  /** @param type of the frame; undefined where the message is none */
  received(type: string | undefined, bytes: number): void;
  /** Once, last of all. */
  closed(code: number): void;
}

/** What nearly every frame begins with. */
const LEADING_TYPE = /^\s*\{\s*(?:"seq"\s*:\s*\d+\s*,\s*)?"type"\s*:\s*"([^"\\]*)"/;

/** The `type` of an encoded frame, read without parsing all of it where it stands first. */
export function typeOfText(text: string): string | undefined {
  const leading = LEADING_TYPE.exec(text)?.[1];
  if (leading !== undefined) return leading;
  try {
    const { type } = Object(JSON.parse(text)) as { type?: unknown };
    return typeof type === 'string' ? type : undefined;
  } catch {
    return undefined; // no frame; whoever reads it says so
  }
}
