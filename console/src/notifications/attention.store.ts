import type { EnvironmentRecord, RuntimeMoment } from 'twinlane/client';
import { waitingIn } from '../environments/index.js';

/** Something that a person may want to know of while they look elsewhere. */
export interface Happening {
  readonly kind: 'approval' | 'finished';
  readonly environment: EnvironmentRecord;
  /** When, and in which conversation. */
  readonly moment: RuntimeMoment;
}

/** What was known of an environment, in epoch ms. */
interface Known {
  readonly asked: number;
  readonly ended: number;
}

const NOTHING: Known = { asked: 0, ended: 0 };

/**
 * Finds in the list of environments, each time that it has changed, where an approval has come to wait, and where a turn has finished. Of
 * several that came in one environment between two looks it tells the last.
 */
export class Attention {
  /** By id, also of environments that are gone: a relay that was restarted may learn of them again what was told before. */
  private readonly known = new Map<string, Known>();
  private isFirst = true;

  /** @returns what is new, in no order; what there was at the first look is not */
  look(environments: readonly EnvironmentRecord[]): readonly Happening[] {
    const happenings = environments.flatMap((environment) => this.newIn(environment));
    const wasFirst = this.isFirst;
    this.isFirst = false;
    return wasFirst ? [] : happenings;
  }

  private newIn(environment: EnvironmentRecord): readonly Happening[] {
    const { id, lastAsked, lastTurnEnded } = environment;
    const { asked, ended } = this.known.get(id) ?? NOTHING;
    this.known.set(id, {
      asked: Math.max(asked, lastAsked?.at ?? 0),
      ended: Math.max(ended, lastTurnEnded?.at ?? 0),
    });
    const happenings: Happening[] = [];
    if (lastAsked && lastAsked.at > asked && waitingIn(environment) > 0)
      happenings.push({ kind: 'approval', environment, moment: lastAsked });
    if (lastTurnEnded && lastTurnEnded.at > ended)
      happenings.push({ kind: 'finished', environment, moment: lastTurnEnded });
    return happenings;
  }
}

/** Approvals that wait for a person, in all environments. */
export function waitingInAll(environments: readonly EnvironmentRecord[]): number {
  return environments.reduce((sum, environment) => sum + waitingIn(environment), 0);
}
