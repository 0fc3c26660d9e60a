import type { PartLabel, StoredMessage } from './history-stream.js';

/** Cuts what is larger than one message may be. @returns one part at least */
export function partsOf(body: Uint8Array, maxBytes: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < body.length || parts.length === 0; from += maxBytes)
    parts.push(body.subarray(from, from + maxBytes));
  return parts;
}

/** Puts the messages of one subject together again. What was begun and not ended, because its writer was killed, does not count. */
export class PartJoiner {
  private begun: { readonly label: PartLabel; readonly parts: Uint8Array[] } | undefined;

  /** @returns the whole, with its last part */
  add({ label, data }: Pick<StoredMessage, 'label' | 'data'>): Uint8Array | undefined {
    if (!label) return undefined;
    if (label.part === 1) this.begun = { label, parts: [] };
    const { begun } = this;
    if (!begun || label.part !== begun.parts.length + 1 || !isSameWhole(label, begun.label)) return undefined;
    begun.parts.push(data);
    if (begun.parts.length < label.parts) return undefined;
    this.begun = undefined;
    const [only = data] = begun.parts;
    return begun.parts.length === 1 ? only : Buffer.concat(begun.parts);
  }
}

function isSameWhole(a: PartLabel, b: PartLabel): boolean {
  return (
    a.term === b.term &&
    a.parts === b.parts &&
    a.events?.epoch === b.events?.epoch &&
    a.events?.first === b.events?.first &&
    a.events?.last === b.events?.last
  );
}

/** A label as a header has it: no character in it ends a line. */
export function encodeLabel(label: PartLabel): string {
  return JSON.stringify(label);
}

/** @returns undefined for what is none */
export function decodeLabel(text: string): PartLabel | undefined {
  try {
    const label = JSON.parse(text) as Partial<PartLabel> | null;
    const isLabel = [label?.term, label?.part, label?.parts].every(Number.isSafeInteger);
    return isLabel ? (label as PartLabel) : undefined;
  } catch {
    return undefined;
  }
}
