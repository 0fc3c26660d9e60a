import type { RuntimeEntry } from 'twinlane/client';
import { runtimeKey, type Runtime } from 'twinlane/protocol';
import { environmentHref, useConsole } from '../../app/index.js';
import { Button, Mark, timeAgo, type Tone } from '../../ui/index.js';
import { count } from '../text/amounts.js';
import { visible } from '../text/visible.js';
import type { Conversation } from '../store/conversation.store.js';
import type { Conversations } from '../store/conversations.store.js';

interface ConversationListProps {
  readonly environment: string;
  readonly conversations: Conversations;
  readonly shown: Runtime | undefined;
  /** Why none can be begun; undefined: one can. */
  readonly blocked: string | undefined;
  readonly begin: () => void;
}

/** What a list shows of a conversation. */
type Listed = Omit<RuntimeEntry, 'epoch' | 'seq'>;

export const LIST_OLDER = 'List older ones';

/** The address of a conversation. */
export function conversationHref(environment: string, { agent_id: agent, conversation_id: id }: Runtime): string {
  return environmentHref(environment, 'conversation', id, ...(agent === null ? [] : [agent]));
}

/** What people call a conversation, else its id. */
export function nameOf({ title, runtime }: Pick<RuntimeEntry, 'title' | 'runtime'>): string {
  return visible(title ?? runtime.conversation_id);
}

/** Every conversation of which the relay has events, and a button for a new one. */
export function ConversationList({ environment, conversations, shown, blocked, begin }: ConversationListProps) {
  const { now } = useConsole();
  const entries = listed(conversations.entries.value ?? [], conversations.shown.value);
  return (
    <nav class="conversation-list" aria-label="Conversations">
      <Button disabled={blocked !== undefined} title={blocked ?? 'Begin a conversation (n)'} onClick={begin}>
        New conversation
      </Button>
      {conversations.problem.value !== undefined && (
        <p class="conversation-list__problem">Not up to date: {conversations.problem.value}</p>
      )}
      <ul>
        {entries.map((entry) => {
          const isShown = shown !== undefined && runtimeKey(shown) === runtimeKey(entry.runtime);
          const [tone, word] = stateOf(entry);
          return (
            <li key={runtimeKey(entry.runtime)}>
              <a
                class="conversation-list__entry"
                href={conversationHref(environment, entry.runtime)}
                aria-current={isShown ? 'page' : undefined}
              >
                <Mark tone={tone} />
                <span class="conversation-list__name" title={entry.runtime.conversation_id}>
                  <bdi>{nameOf(entry)}</bdi>
                </span>
                <span class="conversation-list__facts">
                  {[
                    word,
                    entry.lastEventAt === null ? '' : timeAgo(entry.lastEventAt, now.value),
                    entry.events === 0 ? '' : count(entry.events, 'event'),
                  ]
                    .filter((fact) => fact !== '')
                    .join(' · ')}
                </span>
              </a>
            </li>
          );
        })}
      </ul>
      <OlderOnes conversations={conversations} />
    </nav>
  );
}

function OlderOnes({ conversations }: { readonly conversations: Conversations }) {
  switch (conversations.older.value) {
    case 'none':
      return null;
    case 'more':
      return <Button onClick={() => void conversations.listMore()}>{LIST_OLDER}</Button>;
    case 'unlisted':
      return <p class="conversation-list__more">Older ones are not listed.</p>;
  }
}

/** The list is asked for now and then; of the conversation that is shown more is known, and one that has just begun is in no list yet. */
function listed(entries: readonly Listed[], shown: Conversation | undefined): readonly Listed[] {
  const loopStatus = shown?.status.loop.value;
  if (!shown || loopStatus === undefined) return entries;
  const key = runtimeKey(shown.runtime);
  const before = entries.find(({ runtime }) => runtimeKey(runtime) === key);
  const pendingApprovals = loopStatus === 'WAITING_ON_APPROVAL' ? Math.max(1, before?.pendingApprovals ?? 0) : 0;
  const now = { ...(before ?? { runtime: shown.runtime, events: 0, lastEventAt: null }), pendingApprovals, loopStatus };
  return before ? entries.map((entry) => (entry === before ? now : entry)) : [now, ...entries];
}

function stateOf({ pendingApprovals, loopStatus }: Listed): [Tone, string] {
  if (pendingApprovals > 0) return ['warn', pendingApprovals === 1 ? 'asks' : `asks ${pendingApprovals} times`];
  if (loopStatus !== undefined && loopStatus !== 'WAITING_ON_INPUT') return ['accent', 'at work'];
  return ['quiet', ''];
}
