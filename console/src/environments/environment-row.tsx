import type { EnvironmentRecord } from 'twinlane/client';
import { environmentHref } from '../app/index.js';
import { Icon } from '../ui/index.js';
import { factsOf, waitingIn, waitingText } from './environment-facts.js';
import { PresenceBadge } from './presence-badge.js';
import { presenceView } from './presence-view.js';

interface EnvironmentRowProps {
  readonly environment: EnvironmentRecord;
  /** Epoch ms. */
  readonly now: number;
  /** What it says may be old. */
  readonly dimmed: boolean;
  /** What goes on there from this page, each in words. */
  readonly keeps: readonly string[];
}

export function EnvironmentRow({ environment, now, dimmed, keeps }: EnvironmentRowProps) {
  const { directory, version, system, mode, branch } = factsOf(environment);
  const presence = presenceView(environment, now);
  const waiting = waitingIn(environment);
  const rest = [system, version && `v${version}`].filter(Boolean).join(' · ');
  return (
    <li>
      <a
        class={`environment-row environment-row--${presence.state}${dimmed ? ' environment-row--dimmed' : ''}`}
        href={environmentHref(environment.id)}
      >
        <span class="environment-row__name">{environment.connectionName}</span>
        <span class="environment-row__presence">
          <PresenceBadge presence={presence} />
        </span>
        <span class="environment-row__where">
          {directory !== undefined && (
            <>
              <Icon name="folder" size={13} />
              <bdi class="environment-row__directory" title={directory}>
                {directory}
              </bdi>
            </>
          )}
          {branch !== undefined && (
            <span class="environment-row__branch" title="Branch">
              <Icon name="branch" size={13} />
              {branch}
            </span>
          )}
        </span>
        <span class="environment-row__rest">
          {keeps.map((what) => (
            <span key={what} class="environment-row__keeps" title="They go on while other pages are shown">
              <Icon name="terminal" size={13} />
              {what} open
            </span>
          ))}
          {mode !== undefined && <span class="environment-row__mode">{mode}</span>}
          {rest !== '' && <span>{rest}</span>}
        </span>
        {waiting > 0 && (
          <span class="environment-row__waiting">
            <Icon name="warning" size={13} />
            {waitingText(waiting)}
          </span>
        )}
        {presence.reason !== undefined && presence.state === 'away' && (
          <span class="environment-row__reason">{presence.reason}</span>
        )}
      </a>
    </li>
  );
}
