import { useEffect, useMemo } from 'preact/hooks';
import type { Runtime } from 'twinlane/client';
import { environmentHref, useConsole, useTitleCount } from '../app/index.js';
import type { EnvironmentStatusProps } from '../environments/index.js';
import { Attention } from './attention.store.js';
import { useNotifier } from './use-notifier.js';

/** Tells of approvals and finished turns of an environment, for as long as its page is open; shows nothing in it. */
export function AttentionStatus({ environment }: EnvironmentStatusProps) {
  const { client, clock, session, router, visible } = useConsole();
  const notifier = useNotifier();
  const attention = useMemo(
    () =>
      new Attention(
        {
          client,
          clock,
          noticed: (error) => session.noticed(error),
          tell: ({ kind, runtime }) => {
            if (visible.peek()) return;
            const name = environment.record.peek()?.connectionName ?? 'An environment';
            const title = kind === 'approval' ? `${name}: an approval waits` : `${name}: the turn has finished`;
            const href = conversationHref(environment.id, runtime);
            const options = { body: runtime.conversation_id, tag: `${kind} ${href}`, icon: './icon-192.png' };
            notifier.show(title, options, () => router.go(href));
          },
        },
        environment.id,
      ),
    [client, clock, session, router, visible, notifier, environment],
  );
  useEffect(() => attention.use(), [attention]);
  useTitleCount(attention.waiting.value);
  return null;
}

function conversationHref(environment: string, { conversation_id, agent_id }: Runtime): string {
  return environmentHref(environment, 'conversation', conversation_id, ...(agent_id === null ? [] : [agent_id]));
}
