import type { ListenSettings } from '../settings/listen.settings.js';
import { visibleLine } from '../text.js';
import { version } from '../version.js';
import type { RunningListener } from './run-listener.js';
import type { RunningRelay } from './run-relay.js';

/** A head and what it says; lines that go on have an empty head. */
type Line = readonly [head: string, text: string];

const HEAD_WIDTH = 13;

/** What a role says once it is up. */
export function banner(lines: readonly Line[], next: string): string {
  const rows = lines.map(([head, text]) => `  ${head.padEnd(HEAD_WIDTH)}${text}\n`);
  return `twinlane ${version()}\n\n${rows.join('')}\n${next}\nCtrl-C stops.\n`;
}

/** The console's link first: it is what most people want. */
export function relayLines({ url, token, kept, consoleUrl, isNode }: RunningRelay): Line[] {
  const head: Line[] = consoleUrl === undefined ? [] : [['console', consoleUrl]];
  const nodes: Line[] = isNode ? [['nodes', `npx twinlane nodes --server ${url}`]] : [];
  if (!kept) return [...head, ['relay', url], ...nodes, ['token', 'as you set it']];
  const lines: Line[] = [...head, ['relay', url], ...nodes, ['token', token], ['', `kept in ${kept.path}`]];
  if (isNode) lines.push(['', 'Other nodes refuse it: set TWINLANE_TOKEN, to the same at every node.']);
  if (kept.tightened)
    lines.push(['', 'Others could read that file until now. If in doubt, remove it and start again.']);
  return lines;
}

export function listenerLines({ name, workspace }: RunningListener, { mode, agent }: ListenSettings): Line[] {
  return [
    ['environment', `${visibleLine(name)}, online (agent ${agent}, mode ${mode})`],
    ['workspace', visibleLine(workspace)],
  ];
}

/** @param server where `attach` would not find it by itself */
export function attachNext({ agent }: ListenSettings, server?: string): string {
  const where = server === undefined ? '' : ` --server ${server}`;
  // A command line means something to a shell only.
  return `In another terminal:  npx twinlane attach${where}${agent === 'shell' ? ' -- "ls -la"' : ''}`;
}

/** @param url of the relay: `listen` finds by itself only one that shares its data directory */
export function listenNext(url: string): string {
  return `Where agents run:  npx twinlane listen --server ${url}`;
}

export function healthLines(url: string | undefined): Line[] {
  return url === undefined ? [] : [['health', `${url}/readyz, /metrics`]];
}
