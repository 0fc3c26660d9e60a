/** More than there will ever be. */
const NO_LIMIT = '1000000';
const LIMITS = [
  'listener-sockets-per-token',
  'client-sockets-per-token',
  'listener-sockets-per-address',
  'client-sockets-per-address',
  'upgrades-per-second',
  'upgrade-burst',
  'address-upgrades-per-second',
  'address-upgrade-burst',
  'registrations-per-second',
  'registration-burst',
  'address-registrations-per-second',
  'address-registration-burst',
  'address-requests-per-second',
  'address-request-burst',
];

/** Options of a relay whose peers are all of one token and one address: limits are measured elsewhere. */
export const NO_LIMITS = LIMITS.flatMap((name) => [`--${name}`, NO_LIMIT]);
