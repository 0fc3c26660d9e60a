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

/** What nearly every frame begins with, as both ends write it. */
const NUMBERED = '{"seq":';
const TYPE = '"type":"';
/** Most frames are one of these. */
const DELTA = 'stream_delta';
const MOSTLY = `${DELTA}"`;

/** The `type` of an encoded frame, read without parsing all of it where it stands first. */
export function typeOfText(text: string): string | undefined {
  return leadingTypeOf(text) ?? parsedTypeOf(text);
}

function leadingTypeOf(text: string): string | undefined {
  const from = text.startsWith(NUMBERED) ? text.indexOf(',', NUMBERED.length) + 1 : 1;
  if (!text.startsWith(TYPE, from)) return undefined;
  const start = from + TYPE.length;
  if (text.startsWith(MOSTLY, start)) return DELTA;
  const type = text.slice(start, text.indexOf('"', start));
  return type.includes('\\') ? undefined : type;
}

function parsedTypeOf(text: string): string | undefined {
  try {
    const { type } = Object(JSON.parse(text)) as { type?: unknown };
    return typeof type === 'string' ? type : undefined;
  } catch {
    return undefined; // no frame; whoever reads it says so
  }
}
