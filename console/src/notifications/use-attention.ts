import { computed } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Runtime } from 'twinlane/client';
import { environmentHref, useConsole, useTitleCount } from '../app/index.js';
import { useEnvironments, waitingIn, waitingText } from '../environments/index.js';
import { Attention, waitingInAll, type Happening } from './attention.store.js';
import { useNotifier } from './use-notifier.js';

/** Tells of approvals and finished turns of every environment that one may see, and counts those that wait in the title. */
export function useAttention(): void {
  const { router, visible } = useConsole();
  const { records } = useEnvironments();
  const notifier = useNotifier();
  const attention = useMemo(() => new Attention(), [records]);
  useEffect(
    () =>
      records.subscribe((environments) => {
        for (const happening of environments ? attention.look(environments) : []) {
          if (visible.peek()) continue;
          const { title, href, options } = notificationOf(happening);
          notifier.show(title, options, () => router.go(href));
        }
      }),
    [records, attention, notifier, router, visible],
  );
  const waiting = useMemo(() => computed(() => waitingInAll(records.value ?? [])), [records]);
  useTitleCount(waiting.value);
}

function notificationOf({ kind, environment, moment }: Happening) {
  const { connectionName, id } = environment;
  const what = kind === 'approval' ? waitingText(waitingIn(environment)) : 'the turn has finished';
  const href = conversationHref(id, moment.runtime);
  const options = { body: moment.runtime.conversation_id, tag: `${kind} ${href}`, icon: './icon-192.png' };
  return { title: `${connectionName}: ${what}`, href, options };
}

function conversationHref(environment: string, { conversation_id, agent_id }: Runtime): string {
  return environmentHref(environment, 'conversation', conversation_id, ...(agent_id === null ? [] : [agent_id]));
}
