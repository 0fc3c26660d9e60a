import type { LimitsInfo, TwinlaneClient } from 'twinlane/client';
import { Button } from '../ui/index.js';
import { Answered } from './answered.js';
import { groupLimits, type LimitGroup } from './limit-groups.js';
import { Moment } from './moment.js';
import { SectionHead } from './section-head.js';
import { useAsked } from './use-asked.js';

const ask = (client: TwinlaneClient): Promise<LimitsInfo> => client.administration.limits();

const TITLES: Readonly<Record<LimitGroup, string>> = {
  token: 'One token',
  address: 'One address',
  client: 'One client or socket',
  relay: 'Whoever is refused',
};

/** What may be asked of the relay, and who asked too much. */
export function LimitsView() {
  const asked = useAsked(ask);
  return (
    <>
      <SectionHead
        title="Limits"
        about="What one token, one address or one client may ask of this relay. They are options of twinlane relay: its operator sets the one that is named, or the variable of the same name (TWINLANE_UPGRADE_BURST for --upgrade-burst), where it is started, and starts it again."
      >
        <Button icon="refresh" onClick={() => void asked.ask()}>
          Ask again
        </Button>
      </SectionHead>
      <Answered asked={asked}>
        {({ limits, refused, since }) => (
          <>
            {refused && <Refused refused={refused} since={since} />}
            <div class="limits">
              {Object.entries(groupLimits(limits)).map(
                ([group, list]) =>
                  list.length > 0 && (
                    <section key={group} aria-labelledby={`limits-${group}`}>
                      <h3 id={`limits-${group}`}>{TITLES[group as LimitGroup]}</h3>
                      <dl>
                        {list.map(({ name, words, value, option }) => (
                          <div key={name}>
                            <dt>
                              {words} <code class="limits__option">{option}</code>
                            </dt>
                            <dd>{value}</dd>
                          </div>
                        ))}
                      </dl>
                    </section>
                  ),
              )}
            </div>
          </>
        )}
      </Answered>
    </>
  );
}

function Refused({
  refused,
  since,
}: Pick<LimitsInfo, 'since'> & { readonly refused: NonNullable<LimitsInfo['refused']> }) {
  return (
    <section class="limits__refused" aria-labelledby="limits-refused">
      <h3 id="limits-refused">Ran into one</h3>
      <p>
        since <Moment at={since} />, of all organisations
      </p>
      {refused.length === 0 ? (
        <p>Nobody.</p>
      ) : (
        <dl>
          {refused.map(({ limit, count }) => (
            <div key={limit}>
              <dt>{limit.replaceAll('-', ' ')}</dt>
              <dd>{count.toLocaleString('en')}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
