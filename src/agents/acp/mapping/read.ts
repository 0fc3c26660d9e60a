import { isRecord } from '../../../protocol/index.js';

/** What an agent sent, read with care: the SDK's own schemas would strip what is newer than they are. */
export type Raw = Readonly<Record<string, unknown>>;

export function textIn(raw: Raw, field: string): string | undefined {
  const value = raw[field];
  return typeof value === 'string' ? value : undefined;
}

export function numberIn(raw: Raw, field: string): number | undefined {
  const value = raw[field];
  return typeof value === 'number' ? value : undefined;
}

export function recordIn(raw: Raw, field: string): Raw | undefined {
  const value = raw[field];
  return isRecord(value) ? value : undefined;
}

/** The objects of a list; undefined when there is no list. */
export function recordsIn(raw: Raw, field: string): readonly Raw[] | undefined {
  const value = raw[field];
  return Array.isArray(value) ? value.filter(isRecord) : undefined;
}

/** The text of a content block; what is no text shows as what it is. */
export function blockText(block: Raw): string {
  const text = textIn(block, 'text');
  if (text !== undefined) return text;
  const resource = recordIn(block, 'resource');
  if (resource) return textIn(resource, 'text') ?? `[${textIn(resource, 'uri') ?? 'resource'}]`;
  return `[${textIn(block, 'uri') ?? textIn(block, 'type') ?? 'content'}]`;
}
