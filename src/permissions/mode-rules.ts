import type { Access, PermissionMode } from '../protocol/index.js';

/** What a mode means for each access. */
export interface ModeRules {
  /** An agent does it, or a person is asked first. */
  readonly agent: Readonly<Record<Access, 'allow' | 'ask'>>;
  /** A client's command is the wish of a person, so nobody is asked: it is done or refused. */
  readonly command: Readonly<Record<Access, 'allow' | 'refuse'>>;
}

const COMMANDS_ALLOWED: ModeRules['command'] = { read: 'allow', write: 'allow', execute: 'allow' };

/**
 * The one place that says what a permission mode means; `docs/permissions.md` shows it. In `strict` nothing is changed or run
 * without a question that a person has answered, so what asks none is refused.
 */
export const MODE_RULES: Readonly<Record<PermissionMode, ModeRules>> = {
  unrestricted: { agent: { read: 'allow', write: 'allow', execute: 'allow' }, command: COMMANDS_ALLOWED },
  acceptEdits: { agent: { read: 'allow', write: 'allow', execute: 'ask' }, command: COMMANDS_ALLOWED },
  standard: { agent: { read: 'allow', write: 'ask', execute: 'ask' }, command: COMMANDS_ALLOWED },
  strict: {
    agent: { read: 'ask', write: 'ask', execute: 'ask' },
    command: { read: 'allow', write: 'refuse', execute: 'refuse' },
  },
};
