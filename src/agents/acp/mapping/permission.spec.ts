import { describe, expect, it } from 'vitest';
import type { ApprovalDecision } from '../../../protocol/index.js';
import { accessOf, permissionAnswer, permissionOptions, permissionQuestion } from './permission.js';
import { ToolCall } from './tool-call.js';

const OPTIONS = permissionOptions({
  options: [
    { optionId: 'always', name: 'Always', kind: 'allow_always' },
    { optionId: 'once', name: 'Once', kind: 'allow_once' },
    { optionId: 'no', name: 'No', kind: 'reject_once' },
    { optionId: 'never', name: 'Never', kind: 'reject_always' },
    { optionId: 'odd', kind: 'something_newer' },
    { name: 'without an id' },
  ],
});
const ASKED = { command: 'ls' };

describe('permissionAnswer', () => {
  it.each<[ApprovalDecision, string, boolean]>([
    [{ behavior: 'allow' }, 'once', true],
    [{ behavior: 'deny' }, 'no', false],
    [{ behavior: 'allow', selected_permission_suggestion_ids: ['always'] }, 'always', true],
    [{ behavior: 'deny', selected_permission_suggestion_ids: ['never'] }, 'never', false],
    // What was selected does not say the opposite of what was decided.
    [{ behavior: 'deny', selected_permission_suggestion_ids: ['always'] }, 'no', false],
    [{ behavior: 'allow', selected_permission_suggestion_ids: ['odd', 'gone'] }, 'once', true],
    [{ behavior: 'allow', updated_input: { command: 'ls' } }, 'once', true],
    [{ behavior: 'allow', updated_input: { command: 'ls -l' } }, 'no', false],
  ])('%j is %s', (decision, optionId, allowed) => {
    const answer = permissionAnswer(decision, ASKED, OPTIONS);
    expect(answer).toMatchObject({ outcome: { outcome: 'selected', optionId }, allowed });
  });

  it('is a cancel where the agent offers nothing that says so', () => {
    const cancelled = { outcome: { outcome: 'cancelled' }, allowed: false };
    expect(permissionAnswer({ behavior: 'deny' }, ASKED, OPTIONS.slice(0, 2))).toMatchObject(cancelled);
    expect(permissionAnswer({ behavior: 'allow' }, ASKED, [])).toMatchObject(cancelled);
  });
});

describe('permissionQuestion', () => {
  it('shows the input and the options, and the title where there is no input', () => {
    const call = new ToolCall('c', 100);
    call.update({ title: 'List files', kind: 'execute' });
    expect(permissionQuestion(call, undefined, 'execute', OPTIONS).input).toEqual({ title: 'List files' });
    call.update({ rawInput: ASKED });
    expect(permissionQuestion(call, { path: '.' }, 'execute', OPTIONS).input).toEqual({ path: '.' });
    expect(permissionQuestion(call, undefined, 'execute', OPTIONS)).toEqual({
      access: 'execute',
      tool_name: 'execute',
      tool_call_id: 'c',
      input: ASKED,
      permission_suggestions: OPTIONS,
    });
  });
});

describe('accessOf', () => {
  it.each([
    ['read', true, 'read'],
    ['search', true, 'read'],
    ['edit', true, 'write'],
    ['delete', true, 'write'],
    ['execute', true, 'execute'],
    ['fetch', true, 'execute'],
    ['something newer', true, 'execute'],
    ['read', false, 'execute'],
    ['edit', false, 'execute'],
  ])('a call of kind %s, inside: %s, is %s', (kind, areInside, access) => {
    expect(accessOf({ kind, paths: new Set(['/w/a']) }, areInside)).toBe(access);
  });

  it('an edit that does not say of what counts most', () => {
    expect(accessOf({ kind: 'edit', paths: new Set() }, true)).toBe('execute');
    expect(accessOf({ kind: 'constructor', paths: new Set(['/w/a']) }, true)).toBe('execute');
  });
});
