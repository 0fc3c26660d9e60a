import { CommandError } from '../command.error.js';

/** A change to a text, as `edit_file` names it. */
export interface TextEdit {
  readonly old_string: string;
  readonly new_string: string;
  readonly replace_all?: boolean;
  readonly expected_replacements?: number;
}

export interface EditedText {
  readonly text: string;
  readonly replacements: number;
  /** Line of the first replacement, from 1. */
  readonly startLine: number;
}

/**
 * Replaces one occurrence, or all where that is asked for.
 *
 * @throws CommandError when there is none, when the number is not the expected one, or when it is not clear which is meant
 */
export function replaceText(text: string, edit: TextEdit): EditedText {
  const { old_string, new_string, replace_all = false, expected_replacements } = edit;
  if (old_string === new_string)
    throw new CommandError('COMMAND_INVALID', 'No changes to make: old_string and new_string are exactly the same.');
  const parts = text.split(old_string);
  const found = parts.length - 1;
  if (found === 0)
    throw new CommandError(
      'COMMAND_FAILED',
      `String to replace not found in file.\nString: ${old_string}\nPossible mismatch reasons:\n- The snippet may be stale; re-read the file and copy exact text.`,
    );
  if (expected_replacements !== undefined && found !== expected_replacements)
    throw new CommandError(
      'COMMAND_FAILED',
      `Expected ${expected_replacements} occurrence(s) but found ${found}; re-read the file, or correct expected_replacements.`,
    );
  if (found > 1 && !replace_all && expected_replacements === undefined)
    throw new CommandError(
      'COMMAND_FAILED',
      `Found ${found} occurrences of the string to replace; add surrounding text to old_string, or pass replace_all or expected_replacements.`,
    );
  const startLine = (parts[0] ?? '').split('\n').length;
  return { text: parts.join(new_string), replacements: found, startLine };
}
