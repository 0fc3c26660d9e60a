import { randomUUID } from 'node:crypto';
import type { Delta } from '../../../protocol/index.js';
import { blockText, numberIn, type Raw, recordIn, recordsIn, textIn } from './read.js';

const BOXES: Readonly<Record<string, string>> = { completed: '[x]', in_progress: '[>]' };

/** A line for whoever watches; `fields` say the same to programs. */
export function status(message: string, level: 'info' | 'warning' | 'error' = 'info', fields: object = {}): Delta {
  return { message_type: 'status', id: `status-${randomUUID()}`, level, message, ...fields };
}

/** The whole plan, each time it changes. */
export function planDelta(update: Raw): Delta {
  const plan = recordsIn(update, 'entries') ?? [];
  const lines = plan.map(
    (entry) => `${BOXES[textIn(entry, 'status') ?? ''] ?? '[ ]'} ${textIn(entry, 'content') ?? ''}`,
  );
  return status(['Plan:', ...lines].join('\n'), 'info', { plan });
}

/** How full the agent's context is. */
export function contextDelta(update: Raw): Delta {
  const cost = recordIn(update, 'cost');
  return usage({
    context_tokens: numberIn(update, 'used'),
    context_window: numberIn(update, 'size'),
    ...(cost ? { cost } : {}),
  });
}

/** What a turn used; undefined where the agent does not say. */
export function usageDelta(answer: Raw): Delta | undefined {
  const used = recordIn(answer, 'usage');
  if (!used) return undefined;
  return usage({
    prompt_tokens: numberIn(used, 'inputTokens'),
    completion_tokens: numberIn(used, 'outputTokens'),
    total_tokens: numberIn(used, 'totalTokens'),
    reasoning_tokens: numberIn(used, 'thoughtTokens'),
    cached_input_tokens: numberIn(used, 'cachedReadTokens'),
    cache_write_tokens: numberIn(used, 'cachedWriteTokens'),
  });
}

export function noticeDelta(update: Raw): Delta {
  const severity = textIn(update, 'severity');
  const level = severity === 'warning' || severity === 'error' ? severity : 'info';
  const texts = [textIn(update, 'title'), textIn(update, 'description')].filter((text) => text !== undefined);
  return status(texts.join(': '), level);
}

/** Compaction of the agent's context: its steps, and what it leaves. */
export function compactionDelta(update: Raw): Delta {
  const state = textIn(update, 'status');
  const error = textIn(update, 'error');
  const content = recordIn(update, 'content');
  const words = [state && `Compacting the context: ${state}`, error, content && blockText(content)];
  const summary = recordsIn(update, 'summary')?.map(blockText).join('\n');
  const message = [...words, summary].filter((word) => word !== undefined && word !== '').join('\n');
  return status(message, error === undefined ? 'info' : 'error', { compaction_id: textIn(update, 'compactionId') });
}

function usage(fields: Readonly<Record<string, unknown>>): Delta {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { message_type: 'usage_statistics', id: `usage-${randomUUID()}`, ...Object.fromEntries(known) };
}
