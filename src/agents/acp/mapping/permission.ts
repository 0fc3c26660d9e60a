import { isDeepStrictEqual } from 'node:util';
import type { Access, ApprovalDecision } from '../../../protocol/index.js';
import type { ToolQuestion } from '../../agent.js';
import { type Raw, recordsIn, textIn } from './read.js';
import type { ToolCall } from './tool-call.js';

/** One answer that an agent offers. */
export interface PermissionOption {
  readonly id: string;
  readonly text: string;
  /** `allow_once`, `allow_always`, `reject_once`, `reject_always`, or something newer. */
  readonly kind: string;
}

export function permissionOptions(request: Raw): readonly PermissionOption[] {
  return (recordsIn(request, 'options') ?? []).flatMap((option) => {
    const id = textIn(option, 'optionId');
    return id === undefined ? [] : [{ id, text: textIn(option, 'name') ?? id, kind: textIn(option, 'kind') ?? '' }];
  });
}

/** A map: what an agent says of itself may be any word, `constructor` too. */
const ACCESS_OF_KIND: ReadonlyMap<string, Access> = new Map<string, Access>(
  Object.entries({
    read: 'read',
    search: 'read',
    think: 'read',
    edit: 'write',
    delete: 'write',
    move: 'write',
  }),
);

/** What a call does to the machine: by its kind as long as all that it names lies in the workspace; whatever else it is counts most. */
export function accessOf({ kind, paths }: Pick<ToolCall, 'kind' | 'paths'>, areInside: boolean): Access {
  const access = ACCESS_OF_KIND.get(kind) ?? 'execute';
  if (!areInside || (access === 'write' && paths.size === 0)) return 'execute';
  return access;
}

/**
 * What a person is asked: the tool with its input, the agent's own options as suggestions.
 *
 * @param shown the input as the agent shows it with its question, which may be easier to read than the call's own
 */
export function permissionQuestion(
  call: ToolCall,
  shown: Raw | undefined,
  access: Access,
  options: readonly PermissionOption[],
): ToolQuestion {
  const input = shown ?? call.input;
  const isEmpty = Object.keys(input).length === 0;
  return {
    access,
    tool_name: call.name,
    tool_call_id: call.id,
    input: isEmpty ? { title: call.title } : input,
    permission_suggestions: options,
  };
}

export type PermissionOutcome =
  | { readonly outcome: 'selected'; readonly optionId: string }
  | { readonly outcome: 'cancelled' };

export interface PermissionAnswer {
  readonly allowed: boolean;
  readonly outcome: PermissionOutcome;
  /** For a person: why the answer is not what was decided. */
  readonly why?: string;
}

/**
 * The option of the agent's that a decision means: the one selected, where it says what was decided, else the one that holds
 * for this time only. ACP has no way to correct an input: whoever allows another one than was asked about is not obeyed
 * by half.
 */
export function permissionAnswer(
  { behavior, updated_input, selected_permission_suggestion_ids: selected = [] }: ApprovalDecision,
  asked: ToolQuestion['input'],
  options: readonly PermissionOption[],
): PermissionAnswer {
  const corrected = updated_input !== undefined && !isDeepStrictEqual(updated_input, asked);
  const allowed = behavior === 'allow' && !corrected;
  const wanted = allowed ? 'allow' : 'reject';
  const fitting = options.filter(({ kind }) => kind.startsWith(wanted));
  const option =
    fitting.find(({ id }) => selected.includes(id)) ??
    fitting.find(({ kind }) => kind === `${wanted}_once`) ??
    fitting[0];
  const why = corrected
    ? 'This agent cannot take a corrected input, so nothing was allowed; say in a message what it should do instead.'
    : undefined;
  return {
    allowed: allowed && option !== undefined,
    outcome: option ? { outcome: 'selected', optionId: option.id } : { outcome: 'cancelled' },
    ...(why === undefined ? {} : { why }),
  };
}
