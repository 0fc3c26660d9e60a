import type { TieState } from '../environments/index.js';
import type { Tone } from '../ui/index.js';
import type { Tie } from './connection.store.js';
import type { ListenerLink } from './listener-link.js';

/** Control that has not answered for so long is worth a word, in ms. */
export const SLOW_MS = 4_000;

/** How the page is connected, in words. */
export interface ConnectionView {
  readonly tone: Tone;
  /** A word or two. */
  readonly label: string;
  readonly title: string;
  /** What it means, a sentence each. */
  readonly meaning: readonly string[];
}

const KEPT = [
  'What runs on the device runs on: turns, terminals, and what waits for approval.',
  'What happens meanwhile is kept by the relay, and is shown in order once the connection is back; this page does that by itself.',
  'What you type into a terminal meanwhile waits here, and is sent then. A command that was on its way says so itself where nobody can tell its outcome.',
];

const AWAY = [
  'The listener works on, and keeps what it has to say until its link is back; nothing is lost by that.',
  'Commands wait at the relay until then.',
];

const PLAIN =
  'The link between the listener and the relay is a plain one: when that breaks, what is on its way may be lost. Where events are missing, the conversation says so.';

/** Nobody knows what it keeps: ours sends again what it can, others nothing. */
const AWAY_PLAIN = [
  'Its link is a plain one: what was on its way is perhaps lost, and so is what it says until it is back, unless it keeps that. Where events are missing, the conversation says so.',
  'New commands wait at the relay until then. Whether one that was on its way has run, nobody can tell.',
];

type WatchedListener = Pick<ListenerLink, 'state' | 'isPlain'>;

/** @param listener what is known of the environment's listener */
export function connectionView(page: TieState, ties: readonly Tie[], listener: WatchedListener): ConnectionView {
  const kept = keptWith(listener);
  switch (page.phase) {
    case 'opening':
      return { tone: 'quiet', label: 'Connecting', title: 'Connecting to the relay', meaning: [] };
    case 'failed':
    case 'closed':
      return { tone: 'bad', label: 'Not connected', title: 'Not connected to the relay', meaning: kept };
    case 'reconnecting':
      return { tone: 'bad', label: 'Reconnecting', title: 'The connection to the relay broke', meaning: kept };
    case 'open':
      return openView(ties, listener);
  }
}

function keptWith({ isPlain }: WatchedListener): readonly string[] {
  return isPlain ? [...KEPT, PLAIN] : KEPT;
}

function openView(ties: readonly Tie[], listener: WatchedListener): ConnectionView {
  const { state, isPlain } = listener;
  if (ties.some(({ state }) => state.phase === 'reconnecting'))
    return {
      tone: 'warn',
      label: 'Reconnecting',
      title: 'A conversation is not connected to the relay right now',
      meaning: keptWith(listener),
    };
  if (ties.some(({ sample }) => (sample?.unansweredMs ?? 0) > SLOW_MS))
    return {
      tone: 'warn',
      label: 'Slow',
      title: 'Control has not answered for a while',
      meaning: [
        'The sockets are open, and what comes is kept. Commands take as long as the answer does.',
        'If it does not answer at all, the page connects anew by itself.',
      ],
    };
  if (state === 'offline')
    return {
      tone: 'quiet',
      label: 'Listener offline',
      title: 'Connected to the relay; the listener is not there',
      meaning: ['What it sent is kept and can be read. It takes no commands until it is back.'],
    };
  if (state === 'away')
    return {
      tone: 'warn',
      label: 'Listener away',
      title: 'Connected to the relay; the link of the listener broke',
      meaning: isPlain ? AWAY_PLAIN : AWAY,
    };
  return {
    tone: 'good',
    label: 'Connected',
    title: 'Connected',
    meaning: [
      'If the connection breaks, what happens meanwhile is kept, and is shown in order when it is back. Nothing needs to be reloaded.',
      ...(isPlain ? [PLAIN] : []),
    ],
  };
}
