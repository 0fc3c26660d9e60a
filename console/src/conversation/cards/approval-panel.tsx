import { useState } from 'preact/hooks';
import { isRecord, type ApprovalDecision } from 'twinlane/protocol';
import { Button, Mark, type Tone } from '../../ui/index.js';
import { textIn } from '../transcript/read-fields.js';
import { type Approval, type ToolCall, whoAnswered } from '../transcript/tool-call.js';

interface ApprovalPanelProps {
  readonly call: ToolCall;
  /** Whether this session's token may answer. */
  readonly mayApprove: boolean;
  readonly answer: (requestId: string, decision: ApprovalDecision) => void;
}

/** The question whether a tool may be used, or what became of it. */
export function ApprovalPanel({ call, mayApprove, answer }: ApprovalPanelProps) {
  const { approval, isWithheld } = call;
  if (!approval) return isWithheld ? <Withheld /> : null;
  if (approval.outcome !== undefined) return <Outcome approval={approval} />;
  if (!mayApprove) return <Withheld />;
  const { answering, error } = approval;
  return <Question call={call} approval={approval} answering={answering} error={error} answer={answer} />;
}

interface QuestionProps extends Omit<ApprovalPanelProps, 'mayApprove'>, Pick<Approval, 'answering' | 'error'> {
  readonly approval: Approval;
}

/** It has a state of its own, so it is drawn again only with other props: what changes in place is given by itself. */
function Question({ call, approval, answering, error, answer }: QuestionProps) {
  const [message, setMessage] = useState<string>();
  const { requestId, request } = approval;
  const decide = (decision: ApprovalDecision) => answer(requestId, decision);
  const isBusy = answering !== undefined;
  return (
    <div class="approval">
      <p class="approval__question">
        <Mark tone="warn" /> May <strong>{call.name}</strong> do this?
      </p>
      {typeof request.blocked_path === 'string' && <p>It reaches {request.blocked_path}.</p>}
      {error !== undefined && (
        <p class="approval__error" role="alert">
          {error}
        </p>
      )}
      <div class="approval__actions">
        <Button kind="primary" disabled={isBusy} aria-keyshortcuts="a" onClick={() => decide({ behavior: 'allow' })}>
          {answering === 'allow' ? 'Allowing…' : 'Allow'} <kbd>a</kbd>
        </Button>
        <Button kind="danger" disabled={isBusy} aria-keyshortcuts="d" onClick={() => decide({ behavior: 'deny' })}>
          {answering === 'deny' ? 'Denying…' : 'Deny'} <kbd>d</kbd>
        </Button>
        {suggestionsOf(approval).map(({ id, text, behavior }) => (
          <Button
            key={id}
            disabled={isBusy}
            onClick={() => decide({ behavior, selected_permission_suggestion_ids: [id] })}
          >
            {text}
          </Button>
        ))}
        {message === undefined && (
          <Button kind="plain" disabled={isBusy} onClick={() => setMessage('')}>
            Deny with a message…
          </Button>
        )}
      </div>
      {message !== undefined && (
        <form
          class="approval__message"
          onSubmit={(event) => {
            event.preventDefault();
            decide({ behavior: 'deny', ...(message.trim() === '' ? {} : { message }) });
          }}
        >
          <input
            class="input"
            aria-label="Why not, and what to do instead"
            placeholder="Why not, and what to do instead"
            value={message}
            ref={(element) => element?.focus()}
            onInput={(event) => setMessage(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Escape') return;
              event.stopPropagation();
              setMessage(undefined);
            }}
          />
          <Button type="submit" kind="danger" disabled={isBusy}>
            Deny
          </Button>
        </form>
      )}
    </div>
  );
}

interface Suggestion {
  readonly id: string;
  readonly text: string;
  readonly behavior: 'allow' | 'deny';
}

/** Other answers than yes and no; those for this time only are yes and no. */
function suggestionsOf({ request }: Approval): readonly Suggestion[] {
  return request.permission_suggestions.filter(isRecord).flatMap((suggestion) => {
    const [id, kind = ''] = [textIn(suggestion, 'id'), textIn(suggestion, 'kind')];
    if (id === undefined || kind === 'allow_once' || kind === 'reject_once') return [];
    return [{ id, text: textIn(suggestion, 'text') ?? id, behavior: kind.startsWith('reject') ? 'deny' : 'allow' }];
  });
}

function Withheld() {
  return (
    <p class="approval approval--done">
      <Mark tone="warn" /> This waits for somebody whose token may approve.
    </p>
  );
}

function Outcome({ approval }: { readonly approval: Approval }) {
  const [tone, text] = wordsFor(approval);
  return (
    <p class="approval approval--done">
      <Mark tone={tone} /> {text}
    </p>
  );
}

const WHO = { us: ' here', others: ' by another client' };

function wordsFor(approval: Approval): [Tone, string] {
  const { outcome } = approval;
  const by = whoAnswered(approval);
  const who = by ? WHO[by] : '';
  if (outcome === 'allow') return ['good', `Allowed${who}`];
  if (outcome === 'deny') return ['bad', `Denied${who}`];
  if (outcome === 'expired') return ['quiet', 'Nobody answered in time'];
  return ['quiet', 'The turn ended before somebody answered'];
}
