import { size } from '../text/amounts.js';

/** A file that goes with an input. */
export interface AttachedFile {
  readonly name: string;
  readonly bytes: number;
  /** As the input carries it. */
  readonly part: Readonly<Record<string, unknown>> & { readonly type: string };
}

/** Bytes of all files of one input: a command is one frame of at most 8 MiB, and base64 takes a third more. */
export const MAX_BYTES = 5_000_000;

const PICTURE = /^image\/(?:png|jpeg|gif|webp)$/;

/**
 * A file as part of an input (protocol section 3): pictures as `image`, everything else as `resource`, with its text where it is text.
 *
 * @throws RangeError when it is too large
 */
export async function attach(file: File): Promise<AttachedFile> {
  if (file.size > MAX_BYTES)
    throw new RangeError(`${file.name} is too large (${size(file.size)}): an input takes ${size(MAX_BYTES)}.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  return { name: file.name, bytes: file.size, part: partOf(file, bytes) };
}

function partOf({ name, type }: File, bytes: Uint8Array): AttachedFile['part'] {
  if (PICTURE.test(type)) return { type: 'image', source: { type: 'base64', media_type: type, data: base64(bytes) } };
  const uri = `file:///${encodeURIComponent(name)}`;
  const text = textOf(bytes);
  const resource =
    text === undefined
      ? { uri, mimeType: type === '' ? 'application/octet-stream' : type, blob: base64(bytes) }
      : { uri, mimeType: type === '' ? 'text/plain' : type, text };
  return { type: 'resource', resource };
}

/** Undefined where the bytes are no text. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\u0000') ? undefined : text;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** So much at once as can be given as arguments. */
const STEP = 0x8000;

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += STEP) binary += String.fromCharCode(...bytes.subarray(at, at + STEP));
  return btoa(binary);
}

/** What an input holds: its text alone where there is nothing else. */
export function contentOf(text: string, files: readonly AttachedFile[]): unknown {
  if (files.length === 0) return text;
  return [...(text === '' ? [] : [{ type: 'text', text }]), ...files.map(({ part }) => part)];
}
