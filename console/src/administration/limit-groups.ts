/** Whom a limit holds to its measure. */
export type LimitGroup = 'token' | 'address' | 'client' | 'relay';

/** A limit of the relay, with words for its name. */
export interface ShownLimit {
  readonly name: string;
  readonly words: string;
  readonly value: string;
}

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
    groups[groupOf(name)].push({ name, words: wordsOf(name), value: valueOf(name, value) });
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
