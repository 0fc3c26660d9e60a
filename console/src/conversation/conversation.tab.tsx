import { useEffect, useMemo, useRef } from 'preact/hooks';
import { runtimeKey, type Runtime } from 'twinlane/protocol';
import { useConsole, useShortcuts, type Console } from '../app/index.js';
import type { EnvironmentTabProps } from '../environments/index.js';
import { Button, Menu, Icon, Waiting, messageOf } from '../ui/index.js';
import './conversation.css';
import { ConversationList, conversationHref, LIST_OLDER, nameOf } from './page/conversation-list.js';
import { ConversationView } from './page/conversation-view.js';
import { Conversations } from './store/conversations.store.js';

/** The conversations of an environment; one that is offline shows its past. */
export function ConversationTab({ environment, path }: EnvironmentTabProps) {
  const { router, session, toasts } = useConsole();
  const conversations = useConversations(environment.id);
  const record = environment.record.value;
  const entries = conversations.entries.value;
  const newest = entries?.[0]?.runtime;
  const wanted = useWanted(
    path,
    entries?.map(({ runtime }) => runtime),
  );
  useEffect(() => {
    if (wanted) conversations.show(wanted);
    else if (newest) router.replace(conversationHref(environment.id, newest));
  }, [conversations, environment.id, router, wanted && runtimeKey(wanted), newest && runtimeKey(newest)]);
  const conversation = conversations.shown.value;
  useRefreshWithTurns(conversations, conversation?.status.isBusy ?? false);
  const blocked = blockedBy(session.info?.maySteer ?? false, record?.connectionId === null);
  const begin = async () => {
    try {
      const begun = await conversations.begin();
      if (begun) router.go(conversationHref(environment.id, begun));
    } catch (error) {
      toasts.show(messageOf(error), 'bad');
    }
  };
  const beginNow = () => blocked === undefined && void begin();
  useShortcuts(useMemo(() => [{ key: 'n', label: 'Begin a conversation', run: beginNow }], [conversations, blocked]));
  if (!record || entries === undefined) return <Waiting label="Asking the relay" />;
  const entry = entries.find(({ runtime }) => conversation && runtimeKey(runtime) === runtimeKey(conversation.runtime));
  const name = conversation ? nameOf(entry ?? conversation) : 'none';
  return (
    <div class="conversation">
      <div class="conversation__frame">
        <ConversationList
          environment={environment.id}
          conversations={conversations}
          shown={conversation?.runtime}
          blocked={blocked}
          begin={beginNow}
        />
        <div class="conversation__column">
          <div class="conversation__switch">
            <Menu
              label={`Conversations: ${name}`}
              button={
                <>
                  <Icon name="conversation" /> <bdi class="conversation__name">{name}</bdi>
                  <Icon name="chevronDown" size={12} />
                </>
              }
              entries={[
                ...entries.map((one) => ({
                  label: nameOf(one),
                  checked: one === entry,
                  run: () => router.go(conversationHref(environment.id, one.runtime)),
                })),
                ...(conversations.older.value === 'more'
                  ? [{ label: LIST_OLDER, run: () => void conversations.listMore() }]
                  : []),
              ]}
            />
            <Button disabled={blocked !== undefined} onClick={beginNow}>
              New
            </Button>
          </div>
          {conversation ? (
            <ConversationView
              key={runtimeKey(conversation.runtime)}
              record={record}
              conversation={conversation}
              events={entry?.events ?? 0}
              blocked={blocked}
              begin={beginNow}
              showAll={() => conversations.show(conversation.runtime, 'all')}
            />
          ) : (
            <NoConversation blocked={blocked} begin={beginNow} />
          )}
        </div>
      </div>
    </div>
  );
}

function NoConversation({ blocked, begin }: { readonly blocked: string | undefined; readonly begin: () => void }) {
  return (
    <div class="conversation__nothing">
      <h2>No conversation yet</h2>
      <p>{blocked ?? 'A conversation is where you hand in what is to be done, and see it happen.'}</p>
      {blocked === undefined && (
        <Button kind="primary" onClick={begin}>
          Begin a conversation
        </Button>
      )}
    </div>
  );
}

function blockedBy(maySteer: boolean, isOffline: boolean): string | undefined {
  if (!maySteer) return 'Your token may watch, and not steer.';
  return isOffline ? 'The environment is offline; nothing can be sent until its listener is back.' : undefined;
}

/** The runtime that the address names. */
function useWanted([id, agent]: readonly string[], known: readonly Runtime[] = []): Runtime | undefined {
  if (id === undefined) return undefined;
  const found = known.find(
    ({ conversation_id, agent_id }) => conversation_id === id && (agent === undefined || agent_id === agent),
  );
  return found ?? { agent_id: agent ?? null, conversation_id: id };
}

/** What the list tells of a conversation changes with its turns: the first one names it. */
function useRefreshWithTurns(conversations: Conversations, isBusy: boolean): void {
  const wasBusy = useRef(isBusy);
  useEffect(() => {
    if (wasBusy.current !== isBusy) void conversations.refresh();
    wasBusy.current = isBusy;
  }, [conversations, isBusy]);
}

function useConversations(environment: string): Conversations {
  const context = useConsole();
  const conversations = useMemo(() => conversationsOf(context, environment), [context, environment]);
  useEffect(() => () => conversations.close(), [conversations]);
  return conversations;
}

function conversationsOf({ client, clock, session, visible }: Console, environment: string): Conversations {
  const parts = {
    client,
    clock,
    schedule: (draw: () => void) => void requestAnimationFrame(draw),
    noticed: (error: unknown) => session.noticed(error),
    isSeen: () => visible.peek(),
  };
  return new Conversations(parts, environment);
}
