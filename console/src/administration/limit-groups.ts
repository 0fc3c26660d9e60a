/** Whom a limit holds to its measure. */
export type LimitGroup = 'token' | 'address' | 'client' | 'relay';

/** A limit of the relay, with words for its name. */
export interface ShownLimit {
  readonly name: string;
  readonly words: string;
  readonly value: string;
  /** What changes it, where the relay is started. */
  readonly option: string;
}

/** Of programs that build a relay into themselves alone: `twinlane relay` takes no such option. */
const OF_PROGRAMS: ReadonlySet<string> = new Set(['floodMs', 'longestWaitMs']);

const OWN_GROUPS: Readonly<Record<string, LimitGroup>> = {
  upgradesPerSecond: 'token',
  upgradeBurst: 'token',
  registrationsPerSecond: 'token',
  registrationBurst: 'token',
  auditPagesPerSecond: 'token',
  auditPageBurst: 'token',
  longestWaitMs: 'relay',
};

/** Options that the relay named, each where it belongs; one that is not known here is found all the same. */
export function groupLimits(
  limits: Readonly<Record<string, number>>,
): Readonly<Record<LimitGroup, readonly ShownLimit[]>> {
  const groups: Record<LimitGroup, ShownLimit[]> = { token: [], address: [], client: [], relay: [] };
  for (const [name, value] of Object.entries(limits))
    groups[groupOf(name)].push({ name, words: wordsOf(name), value: valueOf(name, value), option: optionOf(name) });
  return groups;
}

function groupOf(name: string): LimitGroup {
  const own = OWN_GROUPS[name];
  if (own) return own;
  if (/address/i.test(name)) return 'address';
  return /token/i.test(name) ? 'token' : 'client';
}

function valueOf(name: string, value: number): string {
  const number = value.toLocaleString('en');
  if (name.endsWith('Ms')) return `${(value / 1_000).toLocaleString('en')} s`;
  return name.endsWith('PerSecond') ? `${number} per second` : number;
}

/** `upgradeBurst` is `--upgrade-burst`, and `TWINLANE_UPGRADE_BURST` in the environment of the relay. */
function optionOf(name: string): string {
  if (OF_PROGRAMS.has(name)) return `RelayModule: limits.${name}`;
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `addressUpgradesPerSecond` is `upgrades`, in the group of addresses. */
function wordsOf(name: string): string {
  const words = name
    .replace(/Ms$|PerSecond$|Per(Token|Address|Client)$/, '')
    .replace(/^(address|token)(?=[A-Z])/, '')
    .replaceAll(/([A-Z])/g, ' $1')
    .toLowerCase()
    .trim();
  return words.replace(/ burst$/, 's at once');
}
