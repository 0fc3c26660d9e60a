/** Longer timers than this fire at once, in ms. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const DAY_MS = 24 * 60 * 60 * 1_000;

export const MIB = 1024 * 1024;

/** For amounts. */
export const BYTES = { message: '$property must be a number of bytes, 1 or more' };
export const COUNT = { message: '$property must be a number, 1 or more' };

/** For ages, in days. */
export const DAYS = { message: '$property must be a number of days, 1 or more' };

/** For ports; 0 is any that is free. */
export const LAST_PORT = 65_535;
export const PORT = { message: `$property must be a port from 0 to ${LAST_PORT}` };

/** For `IsUrl`: the addresses of a relay. */
export const HTTP_URL = { require_tld: false, require_protocol: true, protocols: ['http', 'https'] };
export const WANTS_HTTP_URL = '$property must be an http or https URL, like http://127.0.0.1:7400';
