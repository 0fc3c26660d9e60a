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

const SEQ = '{"seq":';
const TYPE_FIRST = '{"type":"';
const TYPE_AFTER_SEQ = ',"type":"';

/** What nearly every frame begins with. */
const LEADING_TYPE = /^\s*\{\s*(?:"seq"\s*:\s*\d+\s*,\s*)?"type"\s*:\s*"([^"\\]*)"/;

/** The `type` of an encoded frame, read without parsing all of it where it stands first. */
export function typeOfText(text: string): string | undefined {
  const leading = leadingType(text) ?? LEADING_TYPE.exec(text)?.[1];
  if (leading !== undefined) return leading;
  try {
    const { type } = Object(JSON.parse(text)) as { type?: unknown };
    return typeof type === 'string' ? type : undefined;
  } catch {
    return undefined; // no frame; whoever reads it says so
  }
}

/** As this house writes frames: several times as fast as a pattern, and each frame is asked. */
function leadingType(text: string): string | undefined {
  let from = TYPE_FIRST.length;
  if (!text.startsWith(TYPE_FIRST)) {
    if (!text.startsWith(SEQ)) return undefined;
    let at = SEQ.length;
    while (isDigit(text.charCodeAt(at))) at++;
    if (at === SEQ.length || !text.startsWith(TYPE_AFTER_SEQ, at)) return undefined;
    from = at + TYPE_AFTER_SEQ.length;
  }
  const end = text.indexOf('"', from);
  const type = text.slice(from, end);
  return end < 0 || type.includes('\\') ? undefined : type;
}

function isDigit(char: number): boolean {
  return char >= 0x30 && char <= 0x39;
}
